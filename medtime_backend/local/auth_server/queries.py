"""The statements of the auth server, one in a file of its name."""

from __future__ import annotations

from medtime_backend.shipped_files import statements_in

statement = statements_in("local", "auth_server", "statements")
"""The text of statements/<name>.sql."""
