"""What a line is by itself: a heading, an instruction, the beginning or the end of something that goes over its end."""

from __future__ import annotations

from collections.abc import Sequence

from medtime_backend.prescriptions.looking import TELLING, Seen
from medtime_backend.prescriptions.tokens import Token

ENOUGH = frozenset(("dose", "bare", "frequency", "schedule", "weekdays"))
"""Phrases of which one makes a medication without a name, where most of the line is read."""
INSTRUCTING = frozenset(("dose", "frequency", "schedule"))
BROKEN_OFF = ("EVERY", "FOR", "BEFORE", "AFTER", "NUMBER", "OR")
LEAST_READ = 0.5
"""The share of a line's words that must be read for it to belong to the medication above."""


def is_heading(seen: Seen) -> bool:
    """'Paciente:', 'Dr.', 'Fecha': who and when, not what."""
    if seen.begin >= len(seen.tokens) or not seen.tokens[seen.begin].reads("HEADER"):
        return False
    return all(one.start != seen.begin for one in seen.names)


def is_instruction(seen: Seen) -> bool:
    """Whether the line says by itself how to take something: two things at least where much is unread."""
    telling = [one for one in seen.phrases if one.kind in TELLING]
    kinds = {one.kind for one in telling}
    if share_read(seen) >= LEAST_READ and (kinds & ENOUGH or len(kinds) > 1):
        return True
    at_once = bool(seen.phrases) and seen.phrases[0].start <= seen.begin
    return len(kinds) > 1 and ("dose" in kinds or (at_once and bool(kinds & ENOUGH)))


def instructs(seen: Seen) -> bool:
    """Whether it says how much or how often."""
    return any(one.kind in INSTRUCTING for one in seen.phrases)


def ends_in_number(seen: Seen) -> bool:
    """Whether its last word or number begins with a digit."""
    last = next((one for one in reversed(seen.tokens) if one.word[:1].isalnum()), None)
    return last is not None and last.text[:1].isdigit()


def begins_with_number(seen: Seen) -> bool:
    """Whether it begins with a digit."""
    return bool(seen.tokens) and seen.tokens[0].text[:1].isdigit()


def share_read(seen: Seen) -> float:
    """Which share of its words is read, small ones aside."""
    read = {number for phrase in seen.phrases for number in range(phrase.start, phrase.end)}
    words = [
        number
        for number, token in enumerate(seen.tokens)
        if number >= seen.begin
        and token.word[:1].isalnum()
        and (number in read or not (token.reads("FILLER") or token.reads("LINK")))
    ]
    return sum(number in read for number in words) / len(words) if words else 0.0


def breaks_off(tokens: Sequence[Token]) -> bool:
    """Whether the line ends within a phrase: 'cada', '1', 'por'."""
    return bool(tokens) and any(tokens[-1].reads(kind) for kind in BROKEN_OFF)
