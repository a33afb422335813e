"""A directory of migrations for a test."""

from collections.abc import Callable
from pathlib import Path

# Keyword arguments are names without .sql, with a v before the digits: v20260101000000_a="select 1;".
Write = Callable[..., Path]
