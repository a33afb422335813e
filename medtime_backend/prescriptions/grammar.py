"""The grammar of phrases, built once for each process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lark import Lark
from lark import Token as Terminal
from lark.lexer import Lexer

from medtime_backend.prescriptions.meanings import Meanings

GRAMMAR = Path(__file__).with_name("grammar.lark")
KINDS = (
    "schedule", "maximum", "refills", "quantity", "measured", "dose", "when", "frequency", "weekdays", "duration",
    "needed", "route", "place", "shape", "verb", "then", "stop", "directed", "also", "label", "bare",
)  # fmt: skip
"""The phrases; of two that go equally far the first is taken."""


class _NoLexer(Lexer):
    """Tokens are made by lexer.py and fed one by one."""

    def __init__(self, _: object) -> None:
        pass

    def lex(self, *_: object) -> Iterator[Terminal]:
        return iter(())


@cache
def parser() -> Lark:
    """Return the parser; its first call takes a tenth of a second."""
    return Lark(
        GRAMMAR.read_text(encoding="utf-8"), parser="lalr", lexer=_NoLexer, start=list(KINDS), transformer=Meanings()
    )


@cache
def beginnings() -> dict[str, frozenset[str]]:
    """Return the terminals that each kind of phrase may begin with."""
    return {kind: frozenset(parser().parse_interactive("", start=kind).choices()) for kind in KINDS}
