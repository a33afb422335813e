"""What a person is told when migrations cannot be read, compared or applied."""

from __future__ import annotations

from medtime_backend.operator_error import OperatorError


class MigrationError(OperatorError):
    """A migration cannot be read or applied; the history does not list it."""


class UncheckedError(MigrationError):
    """It could not even be tried: the database does not let us, or is not one for migrations."""
