"""Whether two frequencies or durations say the same."""

from __future__ import annotations

from decimal import Decimal

from medtime_backend.prescriptions.timings import Duration, Every, Frequency, Once, Schedule, TimesPer, Weekdays

HOURS: dict[str, int] = {"hour": 1, "day": 24, "night": 24, "week": 168, "month": 720, "year": 8760}
DAYS: dict[str, int] = {"day": 1, "night": 1, "week": 7, "month": 30, "year": 365}


def agree(first: Frequency, second: Frequency) -> bool:
    """Whether two frequencies say the same, or one says only that it is every day."""
    if first == second:
        return True
    if isinstance(first, Once) or isinstance(second, Once):
        return False
    if isinstance(first, Weekdays) or isinstance(second, Weekdays):
        return _days_a_week(first) == _days_a_week(second)
    if is_daily(first) or is_daily(second):
        other = second if is_daily(first) else first
        return isinstance(other, Schedule) or hours_between(other) is None or (hours_between(other) or 0) <= 24  # noqa: PLR2004 - a day
    one, other_hours = hours_between(first), hours_between(second)
    return one is not None and one == other_hours


def _days_a_week(frequency: Frequency) -> Decimal | None:
    """How many days of a week: 'once a week, on Thursdays' is one."""
    if isinstance(frequency, Weekdays):
        return Decimal(len(frequency.days))
    hours = hours_between(frequency)
    return None if not hours or hours < HOURS["day"] else HOURS["week"] / hours


def is_daily(frequency: Frequency) -> bool:
    """Whether it says once a day, and nothing else."""
    if isinstance(frequency, TimesPer):
        return frequency.high == 1 and frequency.unit == "day" and frequency.period == 1
    return isinstance(frequency, Every) and frequency.high == 1 and frequency.unit == "day"


def hours_between(frequency: Frequency) -> Decimal | None:
    """Return the hours from one dose to the next; None where that is no number."""
    if isinstance(frequency, Every) and frequency.low == frequency.high:
        return frequency.low * HOURS[frequency.unit]
    if isinstance(frequency, TimesPer) and frequency.low == frequency.high:
        return frequency.period * HOURS[frequency.unit] / frequency.high
    return None


def days(duration: Duration) -> tuple[Decimal, Decimal] | None:
    """Return how many days a duration is; None without a number."""
    if duration.low is None or duration.high is None or duration.unit not in DAYS:
        return None
    return duration.low * DAYS[duration.unit], duration.high * DAYS[duration.unit]
