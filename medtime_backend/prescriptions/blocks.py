"""Lines → one block of text for each medication; headings, names of people and other lines stay outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medtime_backend.prescriptions.drug_names import DrugNames
from medtime_backend.prescriptions.lexer import Lexer
from medtime_backend.prescriptions.lines import TextLine
from medtime_backend.prescriptions.looking import TELLING, Seen, look, medications
from medtime_backend.prescriptions.naming import Name
from medtime_backend.prescriptions.tokens import Token

ENOUGH = frozenset(("dose", "bare", "frequency", "schedule", "weekdays"))
"""Phrases of which one makes a medication without a name, where most of the line is read."""
INSTRUCTING = frozenset(("dose", "frequency", "schedule"))
BROKEN_OFF = ("EVERY", "FOR", "BEFORE", "AFTER", "NUMBER", "OR")
LEAST_READ = 0.5
"""The share of a line's words that must be read for it to belong to the medication above."""


@dataclass
class Block:
    """The lines of one medication, its name if it has one, and whether they say how to take it."""

    lines: list[TextLine]
    name: Name | None
    instructs: bool

    @property
    def text(self) -> str:
        """All its lines."""
        return "\n".join(line.text for line in self.lines)


class Blocks:
    """Takes line after line."""

    def __init__(self, lexer: Lexer, names: DrugNames) -> None:
        self._lexer, self._names = lexer, names
        self.blocks: list[Block] = []
        self.unread: list[str] = []
        self._open: Block | None = None
        self._broken_off = False
        self._gap: tuple[TextLine, Seen] | None = None
        """The line before, if it was unread."""

    def add(self, line: TextLine) -> None:
        """Put the line to the medication it belongs to, or to what is unread."""
        seen = look(line.text, self._lexer, self._names)
        found = medications(seen, self._names)
        if _is_heading(seen):
            self._open, self._broken_off = None, False
            self.unread.append(line.text)
        elif found and not self._is_of_the_open_one(found):
            self._begin(line, seen, found)
        elif not self._go_on(line, seen, sure=bool(found) or self._broken_off):
            self.unread.append(line.text)
            self._gap = line, seen
            return
        self._gap = None

    def _begin(self, line: TextLine, seen: Seen, found: Sequence[Name]) -> None:
        """Begin a block with each name; what stands before the first one belongs to it."""
        starts = [0, *(seen.tokens[name.start].start for name in found[1:]), len(line.text)]
        for name, start, end in zip(found, starts, starts[1:], strict=False):
            self._open = Block([TextLine(line.text[start:end].strip(), line.confidence)], name, _instructs(seen))
            self.blocks.append(self._open)
        self._broken_off = _breaks_off(seen.tokens)

    def _go_on(self, line: TextLine, seen: Seen, *, sure: bool) -> bool:
        """Add the line to the open block, or begin one without a name. Gives whether it was either."""
        own = self._open is None or (
            self._open.instructs and (seen.item or (self._gap is not None and _instructs(seen)))
        )
        if own and (sure or _is_instruction(seen)):
            self._open = Block([*self._taken_back(seen), line], None, _instructs(seen))
            self.blocks.append(self._open)
        elif not own and self._open is not None and (sure or (seen.telling and _share_read(seen) >= LEAST_READ)):
            self._open.lines.append(line)
            self._open.instructs |= _instructs(seen)
        else:
            return False
        self._broken_off = _breaks_off(seen.tokens)
        return True

    def _taken_back(self, seen: Seen) -> list[TextLine]:
        """Return the unread line above an instruction without a name, which it may be: a part of its raw text.

        So it is where a number may be parted between them: '7.' above '5 mL'.
        """
        if self._gap is None:
            return []
        line, above = self._gap
        has_form = any(one.kind == "shape" for one in above.phrases)
        if self._open is None and not has_form and not (_ends_in_number(above) and _begins_with_number(seen)):
            return []
        self.unread.pop()
        return [line]

    def _is_of_the_open_one(self, found: Sequence[Name]) -> bool:
        """Whether this is the instruction of the medication above, which it names again."""
        above = self._open.name if self._open is not None else None
        return above is not None and above.match is not None and len(found) == 1 and found[0].match == above.match


def _is_heading(seen: Seen) -> bool:
    """'Paciente:', 'Dr.', 'Fecha': who and when, not what."""
    if seen.begin >= len(seen.tokens) or not seen.tokens[seen.begin].reads("HEADER"):
        return False
    return all(one.start != seen.begin for one in seen.names)


def _is_instruction(seen: Seen) -> bool:
    """Whether the line says by itself how to take something: two things at least where much is unread."""
    telling = [one for one in seen.phrases if one.kind in TELLING]
    kinds = {one.kind for one in telling}
    if _share_read(seen) >= LEAST_READ and (kinds & ENOUGH or len(kinds) > 1):
        return True
    at_once = bool(seen.phrases) and seen.phrases[0].start <= seen.begin
    return len(kinds) > 1 and ("dose" in kinds or (at_once and bool(kinds & ENOUGH)))


def _instructs(seen: Seen) -> bool:
    return any(one.kind in INSTRUCTING for one in seen.phrases)


def _ends_in_number(seen: Seen) -> bool:
    last = next((one for one in reversed(seen.tokens) if one.word[:1].isalnum()), None)
    return last is not None and last.text[:1].isdigit()


def _begins_with_number(seen: Seen) -> bool:
    return bool(seen.tokens) and seen.tokens[0].text[:1].isdigit()


def _share_read(seen: Seen) -> float:
    read = {number for phrase in seen.phrases for number in range(phrase.start, phrase.end)}
    words = [
        number
        for number, token in enumerate(seen.tokens)
        if number >= seen.begin
        and token.word[:1].isalnum()
        and (number in read or not (token.reads("FILLER") or token.reads("LINK")))
    ]
    return sum(number in read for number in words) / len(words) if words else 0.0


def _breaks_off(tokens: Sequence[Token]) -> bool:
    """Whether the line ends within a phrase: 'cada', '1', 'por'."""
    return bool(tokens) and any(tokens[-1].reads(kind) for kind in BROKEN_OFF)
