"""Ages as an operator writes them: 30d, 36h, 2w."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from medtime_backend.operator_error import OperatorError

HOURS: Final = {"h": 1, "d": 24, "w": 168}
LONGEST: Final = timedelta(days=3650)


def parse_age(text: str) -> timedelta:
    """What 36h, 30d or 2w stands for, at most ten years. Raises OperatorError."""
    match = re.fullmatch(r"([0-9]{1,6})\s?([hdw])", text.strip().lower())
    age = timedelta(hours=int(match[1]) * HOURS[match[2]]) if match else None
    if age is None or age > LONGEST:
        raise OperatorError(f"{text} is not an age: 36h, 30d or 2w, at most 3650d.")
    return age
