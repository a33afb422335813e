"""Splits SQL into statements where Postgres's own grammar does, with the texts that the official CLI records.

A comment belongs to the statement that it precedes; one that precedes none is an entry of its own. Semicolons between
statements are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import cast

import pglast
from pglast import parser

from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.gaps import after_comment, after_separators, first_word, line_at

# Pieces that our grammar does not know are left to the server. A file with more of them is not SQL.
UNKNOWN_PIECES = 50


@dataclass(frozen=True)
class Statement:
    """One entry of the history: its text, and the line of its first word.

    A comment of no statement is recorded and not run (`runs` is False). What our grammar does not know has a `fault`;
    the server decides about it.
    """

    text: str
    line: int
    runs: bool = True
    fault: str | None = None

    @property
    def verb(self) -> str:
        """The first word in lower case, to tell at no cost what a statement is not."""
        start = first_word(self.text)
        return self.text[start : start + 20].split(maxsplit=1)[0].lower() if start < len(self.text) else ""

    @cached_property
    def node(self) -> pglast.ast.Node | None:
        """The syntax tree; None for a comment and where our grammar does not know the statement."""
        return pglast.parse_sql(self.text)[0].stmt if self.runs and not self.fault else None


@dataclass(frozen=True)
class _Piece:
    """Where a statement's words stand in the text, without the comments before them."""

    start: int
    stop: int
    fault: str | None = None


def split(text: str) -> tuple[Statement, ...]:
    """Split a whole file. Raises MigrationError for what cannot be SQL, with the line."""
    try:
        return tuple(_statements(text, list(_pieces(text))))
    except pglast.Error as error:
        raise MigrationError(f"line {line_at(text, _place(error, text))}: {error.args[0]}.") from error


def _pieces(text: str) -> Iterator[_Piece]:
    """Every statement in order. One that our grammar does not know is cut out by the scanner, the rest is parsed."""
    start = 0
    for _ in range(UNKNOWN_PIECES):
        try:
            yield from _parsed(text, start, len(text))
        except pglast.Error as error:
            piece = _around(text, start, _place(error, text, start), str(error.args[0]))
            yield from _parsed(text, start, piece.start)
            yield piece
            start = piece.stop
        else:
            return
    yield from _parsed(text, start, len(text))


def _parsed(text: str, start: int, stop: int) -> list[_Piece]:
    # Texts, not slices: for those pglast needs a time that grows with the square of a file that is not all ASCII.
    pieces = []
    place = start
    for statement in cast("tuple[str, ...]", parser.split(text[start:stop])):
        # Comments that are not of the statement are those of an empty one before it.
        while not text.startswith(statement, place := after_separators(text, place)):
            place = max(after_comment(text, place), place + 1)
        pieces.append(_Piece(place, place + len(statement)))
        place += len(statement)
    return pieces


def _around(text: str, start: int, place: int, fault: str) -> _Piece:
    """The piece between two semicolons in which the place lies."""
    edges = [start - 1, *_semicolons(text, start, len(text)), len(text)]
    begin, stop = next((left + 1, right) for left, right in pairwise(edges) if right >= place or right == len(text))
    return _Piece(begin, stop, fault=fault)


def _semicolons(text: str, start: int, stop: int) -> list[int]:
    """Where statements end by the look of the tokens: semicolons outside of parentheses."""
    found, depth = [], 0
    for token in parser.scan(text[start:stop]):
        depth += {"ASCII_40": 1, "ASCII_41": -1}.get(token.name, 0)
        if token.name == "ASCII_59" and depth <= 0:
            found.append(start + token.start)
    return found


def _statements(text: str, pieces: list[_Piece]) -> Iterator[Statement]:
    line, counted, stop = 1, 0, 0
    for piece in [*pieces, None]:
        begin = first_word(text, piece.start) if piece else len(text)
        *comments, head = _between(text, stop, begin)
        for comment in comments:
            begun = after_separators(text, comment.start)
            line, counted = line + text.count("\n", counted, begun), begun
            yield Statement(text[comment].strip(), line, runs=False)
        if piece is None:
            # What follows the last statement is kept as well.
            if rest := text[head].strip():
                yield Statement(rest, line_at(text, len(text[: head.stop].rstrip()) - len(rest)), runs=False)
            return
        # Counted on from the last place: from the beginning each time, a large file would take minutes.
        line, counted = line + text.count("\n", counted, begin), begin
        yield Statement(text[head.start : piece.stop].strip(), line, fault=piece.fault)
        stop = piece.stop


def _between(text: str, start: int, stop: int) -> list[slice]:
    """What stands between two statements, cut at semicolons: comments of nobody, then what precedes the next one."""
    edges = [start - 1, *(_semicolons(text, start, stop) if ";" in text[start:stop] else ()), stop]
    parts = [slice(left + 1, right) for left, right in pairwise(edges)]
    return [*(part for part in parts[:-1] if text[part].strip()), parts[-1]]


def _place(error: pglast.Error, text: str, start: int = 0) -> int:
    """Where the error is; one at the end of the input has no place."""
    place = error.args[1] if len(error.args) > 1 else None
    return len(text) if place is None else start + int(place)
