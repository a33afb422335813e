"""Lines → one block of text for each medication; headings, names of people and other lines stay outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medtime_backend.prescriptions.drug_names import DrugNames
from medtime_backend.prescriptions.lexer import Lexer
from medtime_backend.prescriptions.line_roles import (
    LEAST_READ,
    begins_with_number,
    breaks_off,
    ends_in_number,
    instructs,
    is_heading,
    is_instruction,
    share_read,
)
from medtime_backend.prescriptions.lines import TextLine
from medtime_backend.prescriptions.looking import Seen, look, medications
from medtime_backend.prescriptions.naming import Name


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
        if is_heading(seen):
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
            self._open = Block([TextLine(line.text[start:end].strip(), line.confidence)], name, instructs(seen))
            self.blocks.append(self._open)
        self._broken_off = breaks_off(seen.tokens)

    def _go_on(self, line: TextLine, seen: Seen, *, sure: bool) -> bool:
        """Add the line to the open block, or begin one without a name. Gives whether it was either."""
        own = self._open is None or (
            self._open.instructs and (seen.item or (self._gap is not None and instructs(seen)))
        )
        if own and (sure or is_instruction(seen)):
            self._open = Block([*self._taken_back(seen), line], None, instructs(seen))
            self.blocks.append(self._open)
        elif not own and self._open is not None and (sure or (seen.telling and share_read(seen) >= LEAST_READ)):
            self._open.lines += [*self._parted(seen), line]
            self._open.instructs |= instructs(seen)
        else:
            return False
        self._broken_off = breaks_off(seen.tokens)
        return True

    def _taken_back(self, seen: Seen) -> list[TextLine]:
        """Return the unread line above an instruction without a name, which it may be: a part of its raw text."""
        if self._gap is None:
            return []
        line, above = self._gap
        if self._open is None and not any(one.kind == "shape" for one in above.phrases):
            return self._parted(seen)
        self.unread.pop()
        return [line]

    def _parted(self, seen: Seen) -> list[TextLine]:
        """Return the unread line above if a number may be parted between the two: '7.' above '5 mL'."""
        if self._gap is None or not (ends_in_number(self._gap[1]) and begins_with_number(seen)):
            return []
        self.unread.pop()
        return [self._gap[0]]

    def _is_of_the_open_one(self, found: Sequence[Name]) -> bool:
        """Whether this is the instruction of the medication above, which it names again."""
        above = self._open.name if self._open is not None else None
        return above is not None and above.match is not None and len(found) == 1 and found[0].match == above.match
