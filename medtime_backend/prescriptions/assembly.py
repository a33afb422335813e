"""A block's phrases → its medication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medtime_backend.prescriptions.doses import Doses
from medtime_backend.prescriptions.instructions import Instruction, same_dose
from medtime_backend.prescriptions.looking import Seen
from medtime_backend.prescriptions.naming import Name, is_combined
from medtime_backend.prescriptions.phrases import Phrase

SITES = {"eye": "ophthalmic", "ear": "otic", "nostril": "nasal"}
RIGHT_EYE = "od"
"""Oculus dexter where drops are given, else once a day."""
INJECTED = frozenset(("IU", "unit"))
ABOUT_IT = frozenset(("drug", "shape", "measured"))
"""What says what a medicine is, and not how to take it."""


@dataclass
class Draft(Doses):
    """With all else that a block says: one method for each kind of phrase."""

    name: Name | None = None

    def _take(self, phrase: Phrase) -> None:
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
            self._strength_was_dose(first)
        self._take_units_as_dose(several)
        merged: list[Instruction] = []
        for one in several:
            if merged and same_dose(merged[-1], one):
                merged[-1].absorb(one)
            else:
                merged.append(one)
        self.contradicted |= any(one.contradicted for one in merged)
        return [one.counted() for one in merged]

    def _take_units_as_dose(self, instructions: list[Instruction]) -> None:
        """'Insulin 22 U SC at night': units under the skin are what is injected, not what a pen holds."""
        dose = self._strength_as_dose
        units = dose is not None and dose.unit in INJECTED and self.route == "subcutaneous"
        if units and len(instructions) == 1 and instructions[0].dose is None:
            self._strength_was_dose(instructions[0])

    def _take_then(self, _: Phrase) -> None:
        self._pending = "then"

    def _take_also(self, _: Phrase) -> None:
        self._pending = self._pending or "and"

    def _take_stop(self, _: Phrase) -> None:
        if self._pending == "then" or self.last.complete:
            self.instructions.append(Instruction(relation="then", stop=True))

    def _next_if_then(self) -> None:
        if self._pending == "then" and not self.last.empty:
            self.instructions.append(Instruction(relation="then"))

    def _take_frequency(self, phrase: Phrase) -> None:
        if self.last.dose is not None and self.last.dose.unit == "drop" and phrase.taken[0][0].word == RIGHT_EYE:
            self._take_place(phrase._replace(value=("eye", "right eye")))
            return
        self._next_if_then()
        if not self.last.set_frequency(phrase.value):
            self.unplaced.append(phrase)

    _take_weekdays = _take_schedule = _take_frequency

    def _take_when(self, phrase: Phrase) -> None:
        self._next_if_then()
        if isinstance(phrase.value, str):
            self.last.times.append(phrase.value)
        else:
            self.last.meals += phrase.value

    def _take_duration(self, phrase: Phrase) -> None:
        self._next_if_then()
        if not self.last.set_duration(phrase.value):
            self.unplaced.append(phrase)

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


def assemble(seen: Seen, name: Name | None) -> Draft:
    """Read a block's phrases in order."""
    draft = Draft(name=name, combined=name is not None and is_combined(name))
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
