"""What a block says of the medicine and its doses: which measure is a strength and which a dose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from medtime_backend.prescriptions.folding import unaccented
from medtime_backend.prescriptions.instructions import Instruction
from medtime_backend.prescriptions.meanings.amounts import VOLUMES
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.records import Dose, Strength
from medtime_backend.prescriptions.vocabulary import vocabulary

NOT_FORMS = frozenset((
    "puff", "spray", "drop", "click", "application", "teaspoon", "tablespoon", "spoonful", "dose", "scoop",
))  # fmt: skip
"""Units of a dose that are no form of the medicine."""


@dataclass
class Doses:
    """A medication while its phrases are read: the instructions, the strength, the form."""

    instructions: list[Instruction] = field(default_factory=lambda: [Instruction()])
    strength: Strength | None = None
    form: str | None = None
    combined: bool = False
    """Whether the name is that of several substances: 5-325 mg then is no range."""
    contradicted: bool = False
    unplaced: list[Phrase] = field(default_factory=list)
    """Phrases that contradict others or have no place: raw, as if they were not read."""
    _named: bool = False
    _named_until: int = -1
    _told: bool = False
    _pending: str = ""
    _implied_route: str | None = None
    _strength_as_dose: Dose | None = None
    _verb_since_dose: bool = False

    @property
    def last(self) -> Instruction:
        """The instruction that is being read."""
        return self.instructions[-1]

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

    def _set_dose(self, dose: Dose, phrase: Phrase, strength: Strength | None) -> bool:
        """Give the dose to this instruction, or to a new one when this has its own."""
        if self.last.dose is not None and dose.total is not None and _same(self.last.dose, dose) and not self._pending:
            self.last.dose = dose
            return True
        if self._begins_another(dose, beside=phrase.beside):
            self.instructions.append(Instruction(relation=self._relation()))
        if self.last.dose is None:
            self.last.dose = dose
        elif self.last.dose != dose:
            self.last.contradicted |= phrase.beside
            self.unplaced.append(phrase)
            return False
        if strength is not None:
            if self.strength is None and len(self.instructions) == 1:
                self.strength = strength
            elif self.strength != strength:
                self.last.strength = strength
        self._verb_since_dose = False
        return True

    def _begins_another(self, dose: Dose, *, beside: bool) -> bool:
        if self._pending == "then":
            return not self.last.empty
        if self.last.dose is None:
            return False
        if self._pending == "and":
            return True
        return self.last.complete and beside and (self.last.dose != dose or self.last.duration is not None)

    def _relation(self) -> Any:
        if self._pending:
            return self._pending
        return "then" if self.last.duration is not None and not self._verb_since_dose else "unsaid"

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
            self.last.dose, self.strength, self._strength_as_dose = before, None, None

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


def _as_dose(strength: Strength, sign: str) -> Dose | None:
    if strength.per is not None or len(strength.values) > 2:  # noqa: PLR2004 - a range has two ends
        return None
    low, high = strength.values[0], strength.values[-1]
    if low.unit != high.unit or (low is not high and (sign != "DASH" or low.amount >= high.amount)):
        return None
    return Dose(low=low.amount, high=high.amount, unit=low.unit)


def _same(first: Dose, second: Dose) -> bool:
    return (first.low, first.high, first.unit) == (second.low, second.high, second.unit)
