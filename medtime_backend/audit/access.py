"""The audit by execution: every persona asks everything of every object, in one transaction that is rolled back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from itertools import groupby

import asyncpg
import msgspec

from medtime_backend.audit.access_findings import object_findings, table_findings
from medtime_backend.audit.claims import claims_of
from medtime_backend.audit.declarations import Declarations
from medtime_backend.audit.findings import Cell, Finding, Unchecked
from medtime_backend.audit.inventory import Inventory, statement, take_inventory
from medtime_backend.audit.judgement import ROLE_NOT_TAKEN, table_cell
from medtime_backend.audit.object_cells import function_cells, other_cells, schema_cells
from medtime_backend.audit.personas import Persona
from medtime_backend.audit.probing import Echo, Probe, prepare, run
from medtime_backend.audit.quoting import identifier, qualified
from medtime_backend.audit.scripts import as_persona
from medtime_backend.audit.seeding import Asker, seed
from medtime_backend.audit.table_probes import VERBS, Question, Subject, questions

Progress = Callable[[str, int, int], None]


class Access(msgspec.Struct, frozen=True):
    """What was seen: every cell, what is wrong, what could not be checked, and how many objects there are."""

    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    objects: int


async def check_access(
    connection: asyncpg.Connection, declarations: Declarations, personas: Sequence[Persona], progress: Progress
) -> Access:
    """Seed, ask as each persona, and compare with what is declared.

    The connection must be in a transaction, which the caller rolls back: users and rows are in it. Takes locks on all
    tables of the audited schemas until then.
    """
    now = int(time.time())
    inventory = await take_inventory(connection, tuple(declarations.schemas))
    await prepare(connection)
    seeds = await seed(connection, declarations, inventory, now)
    unchecked = list(seeds.unchecked) + await _still_triggers(connection, inventory)
    await _borrow_roles(connection, personas)
    cells: list[Cell] = []
    findings: list[Finding] = []
    for number, persona in enumerate(personas):
        progress(persona.name, number, len(personas))
        asker = Asker(persona, claims_of(persona, seeds.users, now), seeds, now)
        async for subject, pairs in _asked(connection, inventory, declarations, asker):
            found = _cells_of(subject, pairs)
            cells += found
            findings += table_findings(subject, found, pairs)
        others = [
            *await function_cells(connection, inventory, declarations, asker),
            *await other_cells(connection, inventory, asker),
            *await schema_cells(connection, declarations, asker),
        ]
        cells += others
        findings += object_findings(others)
    progress("", len(personas), len(personas))
    unchecked += _not_checked(cells)
    objects = len(inventory.relations) + len(inventory.functions) + len(declarations.schemas)
    return Access(tuple(cells), tuple(findings), tuple(unchecked), objects)


async def _still_triggers(connection: asyncpg.Connection, inventory: Inventory) -> list[Unchecked]:
    """Switch the triggers off: grants and policies alone shall decide, not a trigger that refuses the values."""
    unchecked = []
    for table in inventory.of_kind("table"):
        try:
            async with connection.transaction():
                await connection.execute(f"alter table {qualified(table.name)} disable trigger user")
        except asyncpg.PostgresError as error:
            unchecked.append(Unchecked(table.name, f"its triggers cannot be switched off: {error}"))
    return unchecked


async def _asked(
    connection: asyncpg.Connection, inventory: Inventory, declarations: Declarations, asker: Asker
) -> AsyncIterator[tuple[Subject, list[tuple[Question, Echo]]]]:
    """Each table with all questions about it and what came of them; asked in large batches."""
    tables = [
        Subject(table, declarations.tables.get(table.name), asker.seeds.owners[table.name], asker)
        for table in inventory.of_kind("table")
    ]
    asked = [(subject, question) for subject in tables for question in questions(subject)]
    probes = [
        Probe(asker.role, asker.claims, question.sql, subject.table.oid if question.watched else None)
        for subject, question in asked
    ]
    echoes = await run(connection, probes)
    answered = zip(asked, echoes, strict=True)
    for subject, group in groupby(answered, key=lambda pair: pair[0][0]):
        yield subject, [(question, echo) for (_, question), echo in group]


def _cells_of(subject: Subject, pairs: Sequence[tuple[Question, Echo]]) -> list[Cell]:
    found = []
    for verb in VERBS:
        about = [(question, echo) for question, echo in pairs if question.verb == verb and not question.column]
        if about:
            cell = table_cell(subject, verb, about)
            found.append(msgspec.structs.replace(cell, sql=as_persona(subject.asker, cell.sql)))
    return found


async def _borrow_roles(connection: asyncpg.Connection, personas: Sequence[Persona]) -> None:
    """Become a member of the roles for this transaction, where that is allowed: to take them on needs it."""
    for role in sorted({persona.role for persona in personas}):
        with suppress(asyncpg.PostgresError):
            async with connection.transaction():
                if not await connection.fetchval(statement("may_take_role"), role):
                    await connection.execute(f"grant {identifier(role)} to current_user")


def _not_checked(cells: Sequence[Cell]) -> list[Unchecked]:
    """What could not be checked: a role that cannot be taken on once, and every other cell by itself."""
    faults = [cell for cell in cells if cell.verdict == "could not check"]
    roles = {cell.persona: cell for cell in faults if cell.message.startswith(ROLE_NOT_TAKEN)}
    return [
        *(Unchecked(f"everything as {persona}", cell.message) for persona, cell in sorted(roles.items())),
        *(
            Unchecked(f"{cell.verb} on {cell.object} as {cell.persona}", cell.message)
            for cell in faults
            if cell.persona not in roles
        ),
    ]
