"""A line's tokens → its phrases in order, with reasons of what is taken as needed. What is between them stays raw."""

from __future__ import annotations

from collections.abc import Sequence

from medtime_backend.prescriptions.ambiguity import is_doubtful
from medtime_backend.prescriptions.clauses import clause_end, ends_clause
from medtime_backend.prescriptions.phrases import Phrase, read_phrase
from medtime_backend.prescriptions.reasons import read_condition, read_reason
from medtime_backend.prescriptions.senses import is_meant
from medtime_backend.prescriptions.surroundings import Place
from medtime_backend.prescriptions.tokens import Token
from medtime_backend.prescriptions.wholeness import is_whole

LETTER_OF_A_DAY = "l"
SMALL = ("FILLER", "LINK", "SIG", "INSTR")
"""Words between phrases that say nothing by themselves."""
PURPOSE = frozenset(("to", "para"))
"""Words after which a change is what the medicine is for."""
THOUGH_FORBIDDEN = frozenset(("maximum", "stop", "refills"))
"""Phrases that begin with a word that otherwise forbids: 'do not exceed', 'no refills'."""


def scan(tokens: Sequence[Token], drugs: Sequence[tuple[int, int]]) -> list[Phrase]:
    """Return the phrases; `drugs` are spans of tokens that are names and mean nothing else."""
    begins = dict(drugs)
    phrases: list[Phrase] = []
    clause = place = 0
    while place < len(tokens):
        token = tokens[place]
        if place in begins:
            phrases.append(Phrase("drug", None, place, begins[place], ()))
            place = begins[place]
            continue
        if ends_clause(tokens, place):
            clause = len(phrases)
        phrase = _read(tokens, place)
        if phrase is not None and any(phrase.start < start < phrase.end for start in begins):
            phrase = None
        beside = _is_beside(tokens, place, phrases)
        forbids = _forbids(tokens, place) and (phrase is None or phrase.kind not in THOUGH_FORBIDDEN)
        if forbids or _stops_a_drug(tokens, place):
            place = clause_end(tokens, place + 1)
        elif phrase is None and token.reads("IF"):
            place = read_condition(tokens, place, phrases[clause:], phrases) if beside else place + 1
        elif phrase is not None and not is_whole(phrase, tokens, phrases):
            place = phrase.end
        elif phrase is None or not is_meant(phrase, Place(tokens, phrases, begins, beside)):
            place += 1
        else:
            place = phrase.end
            phrases.append(phrase._replace(beside=beside, doubtful=is_doubtful(phrase, tokens)))
            if phrase.kind == "needed":
                place = read_reason(tokens, place, phrases)
    return phrases


def _read(tokens: Sequence[Token], place: int) -> Phrase | None:
    """Read a phrase; of '1 L-X-V' the L is a day, and not litres."""
    phrase = read_phrase(tokens, place)
    if phrase is None or phrase.kind == "weekdays" or phrase.taken[-1][0].word != LETTER_OF_A_DAY:
        return phrase
    days = read_phrase(tokens, phrase.end - 1)
    return read_phrase(tokens[: phrase.end - 1], place) if days is not None and days.kind == "weekdays" else phrase


def _forbids(tokens: Sequence[Token], place: int) -> bool:
    """Whether nothing is an instruction from here on; 'to reduce pain', 'para bajar la fiebre' is what for."""
    readings = [one for one in tokens[place].readings if one.terminal == "NOT"]
    purpose = place > 0 and tokens[place - 1].word in PURPOSE
    return any(one.value != "change" or not purpose for one in readings)


def _stops_a_drug(tokens: Sequence[Token], place: int) -> bool:
    """'Suspender metformina 850 mg': what follows is not to be taken."""
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    return tokens[place].reads("STOP") and following is not None and following.word.isalpha() and not following.readings


def _is_beside(tokens: Sequence[Token], place: int, phrases: Sequence[Phrase]) -> bool:
    """Whether nothing unread but signs and small words lies between this token and the phrase before it."""
    end = phrases[-1].end if phrases else 0
    return all(not one.word[:1].isalnum() or any(one.reads(kind) for kind in SMALL) for one in tokens[end:place])
