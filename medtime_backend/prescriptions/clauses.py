"""Where a sentence ends: what is not read reaches up to there."""

from __future__ import annotations

from collections.abc import Sequence

from medtime_backend.prescriptions.tokens import Token


def ends_clause(tokens: Sequence[Token], place: int) -> bool:
    """Whether a sentence or a line ends with this token."""
    token = tokens[place]
    if token.reads("DOT"):
        return place + 1 == len(tokens) or tokens[place + 1].text[:1].isupper()
    return token.reads("SEMICOLON") or token.word == "\n"


def clause_end(tokens: Sequence[Token], place: int) -> int:
    """Return the place after this clause; 'then' begins another one."""
    while place < len(tokens) and not ends_clause(tokens, place) and not tokens[place].reads("THEN"):
        if tokens[place].reads("MAX"):
            break
        place += 1
    return place
