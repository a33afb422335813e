"""Files that come with the package: SQL read by its name, and directories that lie beside it in a checkout."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parent


def shipped_directory(*parts: str) -> Path:
    """Return the copy inside of an installed package, or the directory of the checkout."""
    packaged = PACKAGE.joinpath(*parts)
    return packaged if packaged.is_dir() else PACKAGE.parent.joinpath(*parts)


def statements_in(*parts: str) -> Callable[[str], str]:
    """Return what reads `<name>.sql` in a folder of the package, each file once."""
    folder = PACKAGE.joinpath(*parts)

    @cache
    def statement(name: str) -> str:
        return (folder / f"{name}.sql").read_text(encoding="utf-8")

    return statement
