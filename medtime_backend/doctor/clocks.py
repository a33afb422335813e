"""How far clocks are apart, and what that means."""

from __future__ import annotations

from typing import Final

from medtime_backend.doctor.findings import Finding

WARNING_SECONDS: Final = 2.0
FAILURE_SECONDS: Final = 30.0
MEND: Final = "let all machines follow NTP: tokens are refused when clocks differ by more than MEDTIME_JWT_LEEWAY"


def judge_clock(whose: str, earliest: float, latest: float, seen: float) -> Finding:
    """A finding for a moment (seconds since 1970) that was taken between two of this machine.

    `seen` may be anywhere in between: what lies outside is the difference.
    """
    difference = max(earliest - seen, seen - latest, 0.0)
    check = f"clock of {whose}"
    if difference < WARNING_SECONDS:
        return Finding(check, "ok", f"{difference:.1f} s from this machine's")
    direction = "behind" if seen < earliest else "ahead of"
    result = "warning" if difference < FAILURE_SECONDS else "failure"
    return Finding(check, result, f"{difference:.0f} s {direction} this machine's", MEND)  # type: ignore[arg-type] # one of two results
