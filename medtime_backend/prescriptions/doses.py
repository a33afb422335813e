"""What a block says of the medicine and its doses: which measure is a strength and which a dose."""

from __future__ import annotations

from dataclasses import dataclass

from medtime_backend.prescriptions.folding import unaccented
from medtime_backend.prescriptions.meanings.amounts import VOLUMES
from medtime_backend.prescriptions.parts import Parts
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.records import Dose, Strength
from medtime_backend.prescriptions.vocabulary import vocabulary

NOT_FORMS = frozenset((
    "puff", "spray", "drop", "click", "application", "teaspoon", "tablespoon", "spoonful", "dose", "scoop",
))  # fmt: skip
"""Units of a dose that are no form of the medicine."""
SINGLE = frozenset(range(10))
WHOLE_OR_NUMERATOR = frozenset((1, 2, 3))


@dataclass
class Doses(Parts):
    """With what its doses and measures say."""

    def _take_drug(self, phrase: Phrase) -> None:
        self._named, self._named_until = True, phrase.end

    def _take_label(self, _: Phrase) -> None:
        self._verb_since_dose = True

    def _take_verb(self, phrase: Phrase) -> None:
        self._verb_since_dose = True
        if phrase.value != "none" and self._implied_route is None:
            self._implied_route = phrase.value

    def _take_dose(self, phrase: Phrase) -> None:
        dose: Dose = phrase.value
        if dose.each is not None and dose.each.unit not in VOLUMES:
            strength, dose = Strength(values=(dose.each,)), Dose(low=dose.low, high=dose.high, unit=dose.unit)
        else:
            strength = None
        if not self._set_dose(dose, phrase, strength):
            return
        words = {unaccented(token.text) for token, _ in phrase.taken}
        if any(one.terminal == "INHALED" for word in words for one in vocabulary().terms.get((word,), ())):
            self._implied_route = self._implied_route or "inhalation"
        if (
            self.form is None
            and dose.unit not in NOT_FORMS
            and dose.unit not in VOLUMES
            and phrase.taken[-1][1].terminal == "FORM"
        ):
            self.form = dose.unit

    def _take_bare(self, phrase: Phrase) -> None:
        if self.last.dose is not None and not self._pending and not self.last.complete:
            self.unplaced.append(phrase)
            return
        self._set_dose(phrase.value, phrase, None)

    def _take_measured(self, phrase: Phrase) -> None:
        strength, sign = phrase.value
        value = strength.values[0]
        as_dose = _as_dose(strength, sign)
        is_range = sign == "DASH" and as_dose is not None and not self.combined
        beside_name = (
            not is_range and self._named and not self._pending and (not self._told or phrase.start == self._named_until)
        )
        if strength.per is not None or (beside_name and self.strength is None and value.unit not in VOLUMES):
            if self.strength is None:
                self.strength, self._strength_as_dose = strength, as_dose
                if not self.combined and _may_be_one(strength, sign):
                    self.doubts.add("strength")
            elif self.strength != strength:
                self.unplaced.append(phrase)
        elif self.last.dose is not None and not self._pending and not self.last.complete:
            self._beside_dose(phrase, strength)
        elif as_dose is not None and (phrase.beside or not self._is_another_amount(as_dose)):
            self._first_was_dose(as_dose)
            self._set_dose(as_dose, phrase, None)
        else:
            self.unplaced.append(phrase)

    def _is_another_amount(self, dose: Dose) -> bool:
        """'5 mg M/W/F, 2.5 mg other days': of what was not read in between the second amount depends."""
        before = self._strength_as_dose
        return before is not None and before.unit == dose.unit and before != dose

    def _first_was_dose(self, dose: Dose) -> None:
        """'Insulin 15 U in the morning and 10 U at night': what looked like a strength was the first dose."""
        before, again = self._strength_as_dose, self._pending or self.last.complete
        if again and self.last.dose is None and before is not None and before.unit == dose.unit:
            self._strength_was_dose(self.last)

    def _beside_dose(self, phrase: Phrase, strength: Strength) -> None:
        """'1 tablet 20 mg': what one holds. Of '2 capsules 800 mg' nobody knows whether each or both do."""
        dose = self.last.dose
        one = dose is not None and dose.low == dose.high == 1
        if self.strength is None and one and strength.values[0].unit not in VOLUMES:
            self.strength = strength
        elif self.strength != strength:
            self.unplaced.append(phrase)

    def _take_shape(self, phrase: Phrase) -> None:
        if self.form is None and phrase.value not in NOT_FORMS:
            self.form = phrase.value


def _may_be_one(strength: Strength, sign: str) -> bool:
    """Whether two numbers may be one: '11/2 mg' 1 1/2, '12-5 mg' 12.5."""
    first, last = strength.values[0].amount, strength.values[-1].amount
    return sign == "DASH" or (sign == "SLASH" and (last in SINGLE or first in WHOLE_OR_NUMERATOR))


def _as_dose(strength: Strength, sign: str) -> Dose | None:
    if strength.per is not None or len(strength.values) > 2:  # noqa: PLR2004 - a range has two ends
        return None
    low, high = strength.values[0], strength.values[-1]
    if low.unit != high.unit or (low is not high and (sign != "DASH" or low.amount >= high.amount)):
        return None
    return Dose(low=low.amount, high=high.amount, unit=low.unit)
