"""What keeps a file from becoming a release of the catalog."""

from __future__ import annotations

from medtime_backend.operator_error import OperatorError


class CatalogError(OperatorError):
    """A file cannot be had, is not what it should be, or is refused; nothing of the catalog has changed."""
