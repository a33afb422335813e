"""What stands around a phrase: the token beside it, the phrase before it, a number that nothing has read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from medtime_backend.prescriptions.numerals import is_numeral
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.tokens import Token

OF = frozenset(("of", "de"))
DRINKS = frozenset(("water", "juice", "milk", "fluid", "agua", "jugo", "leche", "liquido"))


class Place(NamedTuple):
    """Where a phrase stands: all tokens, the phrases and drugs so far, and whether it is beside what was read."""

    tokens: Sequence[Token]
    phrases: Sequence[Phrase]
    drugs: dict[int, int]
    beside: bool

    def token(self, number: int) -> Token | None:
        """Return a token, or None outside of the text."""
        return self.tokens[number] if 0 <= number < len(self.tokens) else None

    def before(self, phrase: Phrase) -> Phrase | None:
        """Return the phrase that ends where this one begins."""
        return self.phrases[-1] if self.phrases and self.phrases[-1].end == phrase.start else None

    def has_count_before(self, phrase: Phrase) -> bool:
        """Whether there is a number right before a phrase, or before a bracket or a letter, that nothing has read."""
        number = phrase.start - 1
        spans = (*(one.end for one in self.phrases[-1:]), *self.drugs.values())
        first = max((end for end in spans if end <= phrase.start), default=0)
        last = self.token(number)
        if (
            last is not None
            and number > first
            and len(last.word) == 1
            and not last.reads("NUMBER")
            and last.word != "\n"
        ):
            number -= 1
        if number < first:
            return False
        counts = [one.value for one in self.tokens[number].readings if one.terminal == "NUMBER"]
        # One a day is once a day, whatever is counted.
        return is_numeral(self.tokens, number) if not counts else "1" not in counts

    def is_drink(self, phrase: Phrase) -> bool:
        """Whether an amount is of what a medicine is taken with: '8 oz of water'."""
        after = self.token(phrase.end)
        if after is not None and after.word in OF:
            after = self.token(phrase.end + 1)
        return after is not None and after.word in DRINKS
