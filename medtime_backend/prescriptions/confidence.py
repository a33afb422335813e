"""How sure a medication is, 0 to 1: a product of factors, each for one reason to look twice."""

from __future__ import annotations

from medtime_backend.prescriptions.assembly import Draft
from medtime_backend.prescriptions.blocks import Block
from medtime_backend.prescriptions.looking import Seen
from medtime_backend.prescriptions.naming import Name
from medtime_backend.prescriptions.plausibility import is_implausible
from medtime_backend.prescriptions.records import Medication

UNNAMED = 0.8
NOT_IN_CATALOG = 0.7
FUZZY = 0.6
SPELLING = 0.95
SLIP = 0.8
REPAIR = 0.85
DOUBTFUL = 0.8
"""A number may have been another: '¼' is read as '½' and the other way round, and nothing in the text tells; or nobody
takes so much."""
CONTRADICTED = 0.4
UNPLACED = 0.7
BROKEN_STEPS = 0.6
"""Of several instructions with something unread between them: how they belong together is not sure."""
UNREAD = 0.5
"""Of a text of which nothing is understood; in between it is proportional."""


def confidence(block: Block, seen: Seen, draft: Draft, medication: Medication, read: set[int]) -> float:
    """Return the product of all that applies, with the least certain line's own confidence."""
    sure = min(line.confidence for line in block.lines)
    sure *= _of_name(draft.name)
    sure *= REPAIR ** sum(one.why == "grammar" for one in medication.repairs)
    if any(phrase.doubtful for phrase in seen.phrases) or is_implausible(medication):
        sure *= DOUBTFUL
    if draft.contradicted:
        sure *= CONTRADICTED
    sure *= UNPLACED ** min(2, len(draft.unplaced))
    words = [
        number
        for number, token in enumerate(seen.tokens)
        if number >= seen.begin
        and token.word[:1].isalnum()
        and (number in read or not (token.reads("FILLER") or token.reads("LINK")))
    ]
    if len(draft.instructions) > 1 and any(number not in read for number in words):
        sure *= BROKEN_STEPS
    share = sum(number in read for number in words) / len(words) if words else 0.0
    return round(sure * (UNREAD + (1 - UNREAD) * share), 3)


def _of_name(name: Name | None) -> float:
    if name is None:
        return UNNAMED
    if name.match is None:
        return NOT_IN_CATALOG
    return {"exact": 1.0, "spelling": SPELLING, "slip": SLIP, "fuzzy": FUZZY}[name.match.kind]
