"""Migrations: files of supabase/migrations, and the history that the official Supabase CLI keeps of them.

What one of the two tools applies the other lists as applied.
"""

from __future__ import annotations

from medtime_backend.migrations.errors import MigrationError, UncheckedError
from medtime_backend.migrations.files import FILE_NAME, Migration, migrations_directory, read_migrations
from medtime_backend.migrations.upgrade import apply_migrations

__all__ = [
    "FILE_NAME",
    "Migration",
    "MigrationError",
    "UncheckedError",
    "apply_migrations",
    "migrations_directory",
    "read_migrations",
]
