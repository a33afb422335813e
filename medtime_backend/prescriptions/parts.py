"""The parts of a block while it is read: its instructions one after the other, what holds for all, what is doubtful."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from medtime_backend.prescriptions.doubts import OF_INSTRUCTION, OF_MEDICATION, contradicted, told, values
from medtime_backend.prescriptions.instructions import Instruction
from medtime_backend.prescriptions.phrases import Phrase
from medtime_backend.prescriptions.records import Dose, Doubted, Maximum, Quantity, Strength

WORDS: frozenset[Doubted] = frozenset(("form", "route", "site"))
"""Fields without a number: a doubtful fraction leaves them sure."""


@dataclass
class Parts:
    """What was said so far."""

    instructions: list[Instruction] = field(default_factory=lambda: [Instruction()])
    strength: Strength | None = None
    form: str | None = None
    route: str | None = None
    site: str | None = None
    maximum: Maximum | None = None
    quantity: Quantity | None = None
    refills: int | None = None
    combined: bool = False
    """Whether the name is that of several substances: 5-325 mg then is no range."""
    contradicted: bool = False
    unplaced: list[Phrase] = field(default_factory=list)
    """Phrases that contradict others or have no place: raw, as if they were not read."""
    doubts: set[Doubted] = field(default_factory=set)
    """Fields of the medication that a person must confirm; those of an instruction are there."""
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
        """Take what a phrase says. What an unsure one tells, and what another speaks against, is doubtful."""
        count, whole, part = len(self.instructions), values(self, OF_MEDICATION), values(self.last, OF_INSTRUCTION)
        unplaced = len(self.unplaced)
        self._take(phrase)
        if phrase.unsure:
            self.doubts |= told(whole, self) if phrase.reworded else told(whole, self) - WORDS
            for number, one in enumerate(self.instructions[count - 1 :]):
                one.doubts |= told(values(Instruction(), OF_INSTRUCTION) if number else part, one)
        if len(self.unplaced) > unplaced:
            self.doubts |= set(contradicted(phrase))
            self.last.doubts |= set(contradicted(phrase))

    def _take(self, phrase: Phrase) -> None:
        """Take what a phrase says: of its kind."""
        raise NotImplementedError

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

    def _strength_was_dose(self, instruction: Instruction) -> None:
        """What looked like a strength was a dose, and as doubtful as it was."""
        instruction.dose, self.strength, self._strength_as_dose = self._strength_as_dose, None, None
        if "strength" in self.doubts:
            self.doubts.remove("strength")
            instruction.doubts.add("dose")


def _same(first: Dose, second: Dose) -> bool:
    return (first.low, first.high, first.unit) == (second.low, second.high, second.unit)
