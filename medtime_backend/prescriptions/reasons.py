"""What something is taken for: the words after 'as needed', and conditions."""

from __future__ import annotations

from collections.abc import Sequence

from medtime_backend.prescriptions.clauses import clause_end
from medtime_backend.prescriptions.phrases import Phrase, read_phrase
from medtime_backend.prescriptions.tokens import Token

MOST_WORDS = 12
"""Of a reason."""
INSTRUCTING = frozenset(("dose", "frequency", "measured", "schedule", "bare", "verb", "duration", "when", "weekdays"))
"""Phrases after which a condition is what it is needed for."""
ENDING = frozenset((
    "frequency", "weekdays", "quantity", "refills", "maximum", "verb", "then", "needed", "schedule", "dose", "directed",
))  # fmt: skip
"""Phrases that are no part of a reason."""
STOPS = ("COMMA", "SEMICOLON", "NOT", "INSTR")


def read_condition(tokens: Sequence[Token], place: int, clause: Sequence[Phrase], phrases: list[Phrase]) -> int:
    """Read 'si hay fiebre' after something to take, as what it is needed for."""
    if not any(phrase.kind in INSTRUCTING for phrase in clause):
        return clause_end(tokens, place + 1)
    words, end = _reason(tokens, place + 1)
    if not words:
        return place + 1
    if end < len(tokens) and any(one.terminal == "NOT" and one.value == "do" for one in tokens[end].readings):
        return clause_end(tokens, end)  # 'si hay fiebre acudir a urgencias'
    prefix = _onset(tokens[place])
    phrases.append(Phrase("needed", prefix + words, place, end, ()))
    return end


def _onset(token: Token) -> str:
    """'al inicio de la migraña' is needed at the beginning of it, which the reason has to say."""
    for word in ("inicio de", "onset of", "first sign of"):
        if token.word.endswith(word):
            return word + " "
    return ""


def read_reason(tokens: Sequence[Token], place: int, phrases: list[Phrase]) -> int:
    """Read the reason after 'as needed', past a route and a linking word."""
    start = place
    following = read_phrase(tokens, place) if place < len(tokens) else None
    if following is not None and following.kind == "route":
        phrases.append(following)
        place = following.end
    while place < len(tokens) and (tokens[place].reads("REASON") or tokens[place].word in {"-", ":"}):
        phrase = read_phrase(tokens, place)
        if phrase is not None and phrase.kind != "needed":
            return place if phrases[-1].kind == "route" else start
        place += 1
    words, end = _reason(tokens, place)
    if not words:
        return place if phrases[-1].kind == "route" else start
    index = next(number for number in range(len(phrases) - 1, -1, -1) if phrases[number].kind == "needed")
    phrases[index] = phrases[index]._replace(value=words)
    phrases.append(Phrase("reason", None, start, end, ()))
    return end


def _reason(tokens: Sequence[Token], place: int) -> tuple[str, int]:
    """Return the words up to the end of the clause or the next phrase, and where they end."""
    texts: list[str] = []
    begin = end = place
    for number in range(place, min(place + MOST_WORDS, len(tokens))):
        token = tokens[number]
        if _stops(tokens, number) or (token.word in {")", "]"} and not any(one in {"(", "["} for one in texts)):
            break
        texts.append(token.text)
        end = number + 1
    while texts and not any(sign.isalnum() for sign in texts[0]):
        del texts[0]
        begin += 1
    if not any(sign.isalpha() for text in texts for sign in text):
        return "", place
    return _joined(tokens[begin:end]), end


def _stops(tokens: Sequence[Token], number: int) -> bool:
    """Whether a reason ends before this token."""
    token = tokens[number]
    if token.word == "\n" or any(token.reads(one) for one in STOPS):
        return True
    if token.reads("DOT") and (number + 1 == len(tokens) or tokens[number + 1].start > token.end):
        return True
    phrase = read_phrase(tokens, number)
    return phrase is not None and _ends_reason(phrase)


def _ends_reason(phrase: Phrase) -> bool:
    if phrase.kind in ENDING:
        return True
    length = phrase.end - phrase.start
    if phrase.kind == "duration":
        return phrase.taken[0][1].terminal in {"FOR", "UPTO", "FINISHED", "INDEFINITE"} or length > 1
    return phrase.kind == "when" and (length > 1 or phrase.taken[0][1].terminal in {"BEDTIME", "FASTING"})


def _joined(tokens: Sequence[Token]) -> str:
    text = ""
    for before, token in zip([None, *tokens], tokens, strict=False):
        text += (" " if before is not None and token.start > before.end else "") + token.text
    return text.strip(" .,:;-")
