"""A secret in a file that services read: replaced whole, and by nobody else to be read than before."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE = 0o600


def replace_secret(file: Path, text: str) -> None:
    """Write the file at once: who reads it meanwhile, or after a crash, finds the old text or the new one.

    One that is there keeps its owner, group and mode; where they cannot be kept it stays as it is. A new one is its
    owner's alone. Raises OSError.
    """
    # What a link leads to is replaced, and not the link.
    file = file.resolve()
    before = file.stat() if file.exists() else None
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            if before is not None:
                os.fchown(out.fileno(), before.st_uid, before.st_gid)
                os.fchmod(out.fileno(), stat.S_IMODE(before.st_mode))
            os.fsync(out.fileno())
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _keep_entry(file.parent)


def _keep_entry(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
