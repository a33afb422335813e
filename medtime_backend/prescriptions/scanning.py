"""A line's tokens → its phrases in order, with reasons of what is taken as needed. What is between them stays raw."""

from __future__ import annotations

from collections.abc import Sequence

from medtime_backend.prescriptions.phrases import Phrase, read_phrase
from medtime_backend.prescriptions.tokens import Token

MOST_REASON = 12
"""Words of a reason."""
ARTICLES = frozenset(("an", "un", "una"))
ENDS_REASON = frozenset((
    "frequency", "weekdays", "quantity", "refills", "maximum", "verb", "then", "needed", "schedule", "dose", "directed",
))  # fmt: skip
SMALL = ("FILLER", "LINK", "SIG", "INSTR")
"""Words between phrases that say nothing by themselves."""
INSTRUCTING = frozenset(("dose", "frequency", "measured", "schedule", "bare", "verb", "duration", "when", "weekdays"))


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
        if _ends_clause(tokens, place):
            clause = len(phrases)
        phrase = read_phrase(tokens, place)
        if phrase is not None and any(phrase.start < start < phrase.end for start in begins):
            phrase = None
        beside = _is_beside(tokens, place, phrases)
        if token.reads("NOT") and (phrase is None or phrase.kind not in {"maximum", "stop", "refills"}):
            place = _clause_end(tokens, place + 1)
        elif phrase is None and token.reads("IF"):
            place = _condition(tokens, place, phrases[clause:], phrases) if beside else place + 1
        elif phrase is None or not _is_meant(tokens, phrase, phrases, begins, beside=beside):
            place += 1
        else:
            place = phrase.end
            phrases.append(phrase._replace(beside=beside))
            if phrase.kind == "needed":
                place = _with_reason(tokens, place, phrases)
    return phrases


def _is_beside(tokens: Sequence[Token], place: int, phrases: Sequence[Phrase]) -> bool:
    """Whether nothing unread but signs and small words lies between this token and the phrase before it."""
    end = phrases[-1].end if phrases else 0
    return all(not one.word[:1].isalnum() or any(one.reads(kind) for kind in SMALL) for one in tokens[end:place])


def _is_meant(
    tokens: Sequence[Token], phrase: Phrase, phrases: Sequence[Phrase], drugs: dict[int, int], *, beside: bool
) -> bool:
    """Whether what has the form of a phrase can be one here."""
    terminal = phrase.taken[0][1].terminal
    after = tokens[phrase.end] if phrase.end < len(tokens) else None
    if phrase.kind == "bare":
        return _is_dose(tokens, phrase, phrases, drugs)
    if phrase.kind == "duration" and terminal == "NUMBER":
        return beside and not (after is not None and (after.reads("BEFORE") or after.reads("AFTER")))
    if phrase.kind == "dose" and phrase.value.unit == "dose":
        return not (phrase.start and tokens[phrase.start - 1].reads("FOR"))  # 'for 3 doses' is how long
    if phrase.kind == "refills" and terminal == "NUMBER":
        return not (after is not None and after.reads("NUMBER"))
    if phrase.kind == "frequency" and terminal == "COUNT" and phrase.end == phrase.start + 1:
        return not (after is not None and (after.reads("PER") or after.reads("EVERY")))
    return True


def _ends_clause(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.reads("DOT"):
        return place + 1 == len(tokens) or tokens[place + 1].text[:1].isupper()
    return token.reads("SEMICOLON") or token.word == "\n"


def _clause_end(tokens: Sequence[Token], place: int) -> int:
    """Return the place after this clause; 'then' begins another one."""
    while place < len(tokens) and not _ends_clause(tokens, place) and not tokens[place].reads("THEN"):
        if tokens[place].reads("MAX"):
            break
        place += 1
    return place


def _condition(tokens: Sequence[Token], place: int, clause: Sequence[Phrase], phrases: list[Phrase]) -> int:
    """Read 'si hay fiebre' after something to take, as what it is needed for."""
    if not any(phrase.kind in INSTRUCTING for phrase in clause):
        return _clause_end(tokens, place + 1)
    words, end = _reason(tokens, place + 1)
    if not words:
        return place + 1
    prefix = _onset(tokens[place])
    phrases.append(Phrase("needed", prefix + words, place, end, ()))
    return end


def _onset(token: Token) -> str:
    """'al inicio de la migraña' is needed at the beginning of it, which the reason has to say."""
    for word in ("inicio de", "onset of", "first sign of"):
        if token.word.endswith(word):
            return word + " "
    return ""


def _with_reason(tokens: Sequence[Token], place: int, phrases: list[Phrase]) -> int:
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
    for number in range(place, min(place + MOST_REASON, len(tokens))):
        token = tokens[number]
        if (
            token.reads("COMMA")
            or token.reads("SEMICOLON")
            or token.word == "\n"
            or token.reads("NOT")
            or token.reads("INSTR")
        ):
            break
        if token.reads("DOT") and (number + 1 == len(tokens) or tokens[number + 1].start > token.end):
            break
        phrase = read_phrase(tokens, number)
        if phrase is not None and _ends_reason(phrase):
            break
        if token.word in {")", "]"} and not any(one in {"(", "["} for one in texts):
            break
        texts.append(token.text)
        end = number + 1
    while texts and not any(sign.isalnum() for sign in texts[0]):
        del texts[0]
        begin += 1
    if not any(sign.isalpha() for text in texts for sign in text):
        return "", place
    return _joined(tokens[begin:end]), end


def _ends_reason(phrase: Phrase) -> bool:
    if phrase.kind in ENDS_REASON:
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


def _is_dose(tokens: Sequence[Token], phrase: Phrase, phrases: Sequence[Phrase], drugs: dict[int, int]) -> bool:
    """A number alone is a dose between a verb, a name or the beginning and what tells how or when to take it."""
    before = phrases[-1] if phrases and phrases[-1].end == phrase.start else None
    if phrase.taken[0][0].word in {"a", "i"}:
        return False  # an article, and a stroke
    if phrase.end in drugs:
        return True
    if before is not None and before.kind == "verb" and phrase.end < len(tokens) and not tokens[phrase.end].readings:
        return phrase.taken[0][0].word not in ARTICLES
    after = read_phrase(tokens, phrase.end) if phrase.end < len(tokens) else None
    told = after is not None and after.kind in {"frequency", "route", "when", "needed", "weekdays"}
    if told and after is not None and after.kind == "frequency" and after.taken[0][1].terminal == "PER" and not before:
        return phrase.start == 0
    return told and (before is None or before.kind not in {"dose", "bare"} or before.kind == "duration")
