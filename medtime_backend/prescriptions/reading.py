"""Text → prescription."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from medtime_backend.prescriptions.assembly import Draft, assemble, read_tokens
from medtime_backend.prescriptions.blocks import Block, Blocks
from medtime_backend.prescriptions.confidence import confidence
from medtime_backend.prescriptions.doubts import BESIDE_UNREAD, has_unread_amount, in_order
from medtime_backend.prescriptions.drug_names import DrugNames
from medtime_backend.prescriptions.instructions import Instruction
from medtime_backend.prescriptions.lexer import Lexer
from medtime_backend.prescriptions.lines import TextLine, split_lines
from medtime_backend.prescriptions.looking import Seen, look, medications
from medtime_backend.prescriptions.naming import Name
from medtime_backend.prescriptions.plausibility import implausible, implausible_beside
from medtime_backend.prescriptions.records import Medication, Prescription, Repair, Step, Strength
from medtime_backend.prescriptions.tokens import Token

MISREAD = frozenset(("slip", "fuzzy"))
"""How a name was found that is not the one that was read."""


def read_prescription(text: str | Sequence[TextLine], drugs: DrugNames) -> Prescription:
    """Read the medications of a prescription, in Spanish, English or both.

    Never raises for what is written. Whatever no rule understands is in `unread`, and in `raw` of its medication. The
    first call in a process also builds the grammar (a tenth of a second): call it once before forking workers.
    """
    lines, beyond = split_lines(text)
    lexer = Lexer(drugs)
    blocks = Blocks(lexer, drugs)
    for line in lines:
        blocks.add(line)
    medications_, unread = [], blocks.unread
    for block in blocks.blocks:
        medication, left = _medication(block, lexer, drugs)
        if medication is None:
            unread = [*unread, *block.text.split("\n")]
        else:
            medications_.append(medication)
            unread = [*unread, *left]
    return Prescription(medications=medications_, unread=[*unread, *beyond])


def _medication(block: Block, lexer: Lexer, drugs: DrugNames) -> tuple[Medication | None, list[str]]:
    seen = look(block.text, lexer, drugs)
    name = next(iter(medications(seen, drugs)), None)
    draft = assemble(seen, name)
    instructions = draft.finish()
    if name is None and not instructions and draft.strength is None:
        return None, []
    read = read_tokens(seen, name, draft.unplaced)
    if has_unread_amount(seen.tokens, read) and any(one.dose for one in instructions):
        for one in instructions:
            one.doubts |= BESIDE_UNREAD
    single = instructions[0].step() if len(instructions) == 1 else None
    medication = Medication(
        raw=block.text,
        confidence=0.0,
        drug=_shown(name),
        catalog_id=name.match.catalog_id if name is not None and name.match is not None else None,
        strength=draft.strength,
        form=draft.form,
        dose=single.dose if single else None,
        route=draft.route,
        site=draft.site,
        frequency=single.frequency if single else None,
        times=single.times if single else (),
        meals=single.meals if single else (),
        duration=single.duration if single else None,
        maximum=draft.maximum,
        quantity=draft.quantity,
        refills=draft.refills,
        as_needed=single.as_needed if single else False,
        reason=single.reason if single else None,
        steps=tuple(_step(one, draft.strength) for one in instructions) if single is None else (),
        repairs=_repairs(seen, name, draft),
    )
    sure = confidence(block, seen, draft, medication, read)
    doubts = draft.doubts | (instructions[0].doubts | implausible(single, draft.strength) if single else set())
    doubts |= implausible_beside(medication)
    doubts |= {"drug"} if name is not None and _is_misread(name, seen) else set()
    doubts |= {"steps"} if any(one.doubtful for one in medication.steps) else set()
    return replace(medication, confidence=sure, doubtful=in_order(doubts, medication)), _left(block.text, seen, read)


def _step(instruction: Instruction, strength: Strength | None) -> Step:
    step = instruction.step()
    return replace(step, doubtful=in_order(instruction.doubts | implausible(step, strength), step))


def _is_misread(name: Name, seen: Seen) -> bool:
    """Whether the name as shown is not the one that was read. Another language's ending is no misreading."""
    glued = any(one.glued for one in seen.tokens[name.start : name.end])
    return glued or (name.match is not None and name.match.kind in MISREAD)


def _shown(name: Name | None) -> str | None:
    """The name as written; where it was misread, the catalog's."""
    if name is None:
        return None
    return name.text if name.match is None or name.match.kind in {"exact", "spelling"} else name.match.name


def _repairs(seen: Seen, name: Name | None, draft: Draft) -> tuple[Repair, ...]:
    found: list[Repair] = []
    if name is not None and name.match is not None and name.match.kind != "exact":
        found.append(Repair(original=name.text, taken=name.match.name, why="catalog"))
    if name is not None:
        found += _cut(seen.tokens[name.start : name.end])
    for phrase in seen.phrases:
        if phrase not in draft.unplaced and (name is None or not name.start <= phrase.start < name.end):
            found += _cut(seen.tokens[phrase.start : phrase.end])
            found += [
                Repair(original=token.text, taken=reading.value, why="grammar")
                for token, reading in phrase.taken
                if reading.repaired
            ]
    return tuple(dict.fromkeys(found))


def _cut(tokens: Sequence[Token]) -> list[Repair]:
    """Return what was cut of words that had lost a blank."""
    return [Repair(original=one.glued.written, taken=one.glued.taken, why="grammar") for one in tokens if one.glued]


def _left(text: str, seen: Seen, read: set[int]) -> list[str]:
    """Return the pieces of a block that have words nobody understood."""
    pieces: list[str] = []
    run: list[int] = []
    for number in [*range(seen.begin, len(seen.tokens)), -1]:
        if number >= 0 and number not in read and seen.tokens[number].word != "\n":
            run.append(number)
            continue
        words = [one for one in run if seen.tokens[one].word[:1].isalnum() and not _is_small(seen.tokens[one])]
        if words:
            pieces.append(text[seen.tokens[run[0]].start : seen.tokens[run[-1]].end].strip(" .,;:"))
        run = []
    return pieces


def _is_small(token: Token) -> bool:
    return any(token.reads(kind) for kind in ("FILLER", "LINK", "SIG", "RX", "INSTR"))
