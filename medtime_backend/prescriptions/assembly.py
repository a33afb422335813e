"""A block's phrases → its medication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from medtime_backend.prescriptions.folding import unaccented
from medtime_backend.prescriptions.instructions import Instruction, same_dose
from medtime_backend.prescriptions.looking import Seen
from medtime_backend.prescriptions.naming import Name
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.records import Dose, Maximum, Quantity, Strength
from medtime_backend.prescriptions.vocabulary import vocabulary

VOLUMES = frozenset(("mL", "L", "oz"))
SITES = {"eye": "ophthalmic", "ear": "otic", "nostril": "nasal"}
NOT_FORMS = frozenset(
    ("puff", "spray", "drop", "click", "application", "teaspoon", "tablespoon", "spoonful", "dose", "scoop")
)
"""Units of a dose that are no form of the medicine."""
RIGHT_EYE = "od"
"""Oculus dexter where drops are given, else once a day."""
ABOUT_IT = frozenset(("drug", "shape", "measured"))
"""What says what a medicine is, and not how to take it."""


@dataclass
class Draft:
    """A medication while its phrases are read."""

    instructions: list[Instruction] = field(default_factory=lambda: [Instruction()])
    strength: Strength | None = None
    form: str | None = None
    route: str | None = None
    site: str | None = None
    maximum: Maximum | None = None
    quantity: Quantity | None = None
    refills: int | None = None
    contradicted: bool = False
    unplaced: list[Phrase] = field(default_factory=list)
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

    def read(self, phrase: Phrase) -> None:
        """Take what a phrase says."""
        taker = getattr(self, f"_take_{phrase.kind}", None)
        if taker is not None:
            taker(phrase)
        if phrase.kind not in {"then", "also"} and phrase.kind not in ABOUT_IT:
            self._told = True
        if phrase.kind not in {"then", "also", "verb"}:
            self._pending = ""

    def finish(self) -> list[Instruction]:
        """Return the instructions; those of one day that differ only in when are one."""
        if self.route is None or (self.route, self._implied_route) == ("oral", "inhalation"):
            self.route = self._implied_route  # inhaled by mouth
        several = [one for one in self.instructions if not one.empty]
        first = several[0] if several else None
        if len(several) > 1 and first is not None and first.dose is None and self._strength_as_dose is not None:
            first.dose, self.strength = self._strength_as_dose, None
        merged: list[Instruction] = []
        for one in several:
            if merged and same_dose(merged[-1], one):
                _join(merged[-1], one)
            else:
                merged.append(one)
        self.contradicted |= any(one.contradicted for one in merged)
        return [one.counted() for one in merged]

    def _take_drug(self, phrase: Phrase) -> None:
        self._named, self._named_until = True, phrase.end

    def _take_then(self, _: Phrase) -> None:
        self._pending = "then"

    def _take_also(self, _: Phrase) -> None:
        self._pending = self._pending or "and"

    def _take_stop(self, _: Phrase) -> None:
        if self._pending == "then" or self.last.complete:
            self.instructions.append(Instruction(relation="then", stop=True))

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
        beside_name = self._named and not self._pending and (not self._told or phrase.start == self._named_until)
        if strength.per is not None or (beside_name and self.strength is None and value.unit not in VOLUMES):
            if self.strength is None:
                self.strength, self._strength_as_dose = strength, as_dose
            elif self.strength != strength:
                self.unplaced.append(phrase)
        elif self.last.dose is not None and not self._pending and not self.last.complete:
            self._beside_dose(phrase, strength)
        elif as_dose is not None:
            self._first_was_dose(as_dose)
            self._set_dose(as_dose, phrase, None)
        else:
            self.unplaced.append(phrase)

    def _first_was_dose(self, dose: Dose) -> None:
        """'Insulin 15 U in the morning and 10 U at night': what looked like a strength was the first dose."""
        before = self._strength_as_dose
        if self._pending and self.last.dose is None and before is not None and before.unit == dose.unit:
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

    def _next_if_then(self) -> None:
        if self._pending == "then" and not self.last.empty:
            self.instructions.append(Instruction(relation="then"))

    def _take_frequency(self, phrase: Phrase) -> None:
        if self.last.dose is not None and self.last.dose.unit == "drop" and phrase.taken[0][0].word == RIGHT_EYE:
            self._take_place(phrase._replace(value=("eye", "right eye")))
            return
        self._next_if_then()
        self.last.set_frequency(phrase.value)

    _take_weekdays = _take_frequency

    def _take_schedule(self, phrase: Phrase) -> None:
        self._next_if_then()
        self.last.set_frequency(phrase.value)

    def _take_when(self, phrase: Phrase) -> None:
        self._next_if_then()
        if isinstance(phrase.value, str):
            self.last.times.append(phrase.value)
        else:
            self.last.meals += phrase.value

    def _take_duration(self, phrase: Phrase) -> None:
        self._next_if_then()
        self.last.set_duration(phrase.value)

    def _take_needed(self, phrase: Phrase) -> None:
        self._next_if_then()
        self.last.as_needed = True
        if phrase.value != "needed" and self.last.reason is None:
            self.last.reason = phrase.value

    def _take_route(self, phrase: Phrase) -> None:
        if self.route is None or self.route == phrase.value:
            self.route = phrase.value
        else:
            self.unplaced.append(phrase)

    def _take_place(self, phrase: Phrase) -> None:
        site, where = phrase.value
        self.site = self.site or where
        self._implied_route = self._implied_route or SITES[site]

    def _take_maximum(self, phrase: Phrase) -> None:
        if self.maximum is None or self.maximum.unit is None:
            self.maximum = phrase.value

    def _take_quantity(self, phrase: Phrase) -> None:
        self.quantity = self.quantity or phrase.value

    def _take_refills(self, phrase: Phrase) -> None:
        if self.refills is None:
            self.refills = phrase.value


def _as_dose(strength: Strength, sign: str) -> Dose | None:
    if strength.per is not None or len(strength.values) > 2:  # noqa: PLR2004 - a range has two ends
        return None
    low, high = strength.values[0], strength.values[-1]
    if low.unit != high.unit or (low is not high and (sign != "DASH" or low.amount >= high.amount)):
        return None
    return Dose(low=low.amount, high=high.amount, unit=low.unit)


def _same(first: Dose, second: Dose) -> bool:
    return (first.low, first.high, first.unit) == (second.low, second.high, second.unit)


def _join(first: Instruction, second: Instruction) -> None:
    first.times += second.times
    first.meals += second.meals
    first.frequency = first.frequency or second.frequency
    first.duration = first.duration or second.duration
    first.as_needed |= second.as_needed
    first.reason = first.reason or second.reason


def assemble(seen: Seen, name: Name | None) -> Draft:
    """Read a block's phrases in order."""
    draft = Draft()
    named = name is None
    for phrase in seen.phrases:
        if not named and name is not None and phrase.start >= name.start:
            draft.read(Phrase("drug", None, name.start, name.end, ()))
            named = True
        if name is None or not name.start <= phrase.start < name.end:
            draft.read(phrase)
    return draft


def read_tokens(seen: Seen, name: Name | None, unplaced: Sequence[Phrase]) -> set[int]:
    """Return which tokens of a block were understood."""
    lost = {number for phrase in unplaced for number in range(phrase.start, phrase.end)}
    read = {number for phrase in seen.phrases for number in range(phrase.start, phrase.end)} - lost
    return read | (set(range(name.start, name.end)) if name is not None else set())
