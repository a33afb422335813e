"""Sizes as people write and read them; decimal, as phones and disks count, unless said otherwise (MiB)."""

from __future__ import annotations

import re
from decimal import Decimal

from medtime_backend.operator_error import OperatorError

UNITS = {
    "B": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", 1)},
}
SIZE = re.compile(r"(?P<number>\d{1,15}(\.\d{1,6})?)\s*(?P<unit>[A-Za-z]*)", re.ASCII)
LARGEST = 10**15


def parse_size(text: str) -> int:
    """The bytes of a size such as 200MB, 1.5GB or 1048576. Raises OperatorError."""
    match = SIZE.fullmatch(text.strip())
    factor = UNITS.get(match["unit"].upper() or "B") if match else None
    if match is None or factor is None:
        raise OperatorError(f"{text} is not a size: write 200MB or 1.5GB (1 MB is 1,000,000 bytes; MiB is known too).")
    size = Decimal(match["number"]) * factor
    if not 1 <= size <= LARGEST or size != int(size):
        raise OperatorError(f"{text} is not a size between 1 byte and {LARGEST // 10**12:,} TB in whole bytes.")
    return int(size)


def show_size(size: int) -> str:
    """A size with at most two digits behind the point."""
    name, factor = next(((name, UNITS[name]) for name in ("TB", "GB", "MB", "KB") if size >= UNITS[name]), ("bytes", 1))
    return f"{size / factor:.2f}".rstrip("0").rstrip(".") + f" {name}"
