"""The SQL that the runner itself sends, one file per statement."""

from __future__ import annotations

from medtime_backend.shipped_files import statements_in

statement = statements_in("migrations", "statements")
"""The text of migrations/statements/<name>.sql."""
