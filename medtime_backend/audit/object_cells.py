"""The cells of what is no table: functions, views, sequences, schemas."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg
import msgspec

from medtime_backend.audit.declarations import Declarations
from medtime_backend.audit.findings import Cell
from medtime_backend.audit.function_probes import calls, executed, told_of
from medtime_backend.audit.inventory import Function, Inventory, Relation, statement
from medtime_backend.audit.judgement import NOTHING, YES, fault_of, outcome_of
from medtime_backend.audit.probing import Echo, Probe, run
from medtime_backend.audit.quoting import identifier, literal, qualified
from medtime_backend.audit.scripts import as_persona
from medtime_backend.audit.seeding import Asker

MOST_ROWS = 1000
NOT_UPDATABLE = "55000"
"""What Postgres says of writes to a view that it cannot pass on, whoever asks."""
LEAK = "leak"
"""The verb of a cell that tells which other users' rows a function's answer shows."""


async def function_cells(
    connection: asyncpg.Connection, inventory: Inventory, declarations: Declarations, asker: Asker
) -> list[Cell]:
    """EXECUTE of each function, and what its answers tell of others."""
    whom = await _declared(connection, declarations)
    asked = [(function, sql) for function in inventory.functions for sql in calls(function, asker.seeds)]
    echoes = await run(connection, [Probe(asker.role, asker.claims, sql) for _, sql in asked])
    may = {
        row["oid"]: row["may"]
        for row in await connection.fetch(
            statement("function_rights"), [asker.role], [function.oid for function in inventory.functions]
        )
    }
    found: list[Cell] = []
    for function in inventory.functions:
        tried = [(sql, echo) for (one, sql), echo in zip(asked, echoes, strict=True) if one is function]
        right = _Right(declared=asker.persona.name in whom.get(function.oid, ()), may=may[function.oid])
        found += _function_cells(function, asker, tried, right)
    return found


async def _declared(connection: asyncpg.Connection, declarations: Declarations) -> dict[int, frozenset[str]]:
    rows = await connection.fetch(statement("function_oids"), list(declarations.functions))
    return {row["oid"]: declarations.functions[row["name"]] for row in rows}


class _Right(msgspec.Struct, frozen=True):
    """Whether a persona is declared to have a right, and whether the catalog says that it has."""

    declared: bool
    may: bool


def _function_cells(function: Function, asker: Asker, tried: list[tuple[str, Echo]], right: _Right) -> Iterable[Cell]:
    sql, echo = tried[0]
    fault = fault_of([echo]) if echo.state == "become" else ""
    seen = YES if executed(echo, may=right.may) and not fault else NOTHING
    declared = YES if right.declared else NOTHING
    yield Cell(
        object=function.name,
        kind="function",
        persona=asker.persona.name,
        verb="execute",
        declared=declared,
        seen=seen,
        outcome="executed" if seen else "no grant",
        counts={},
        sql=as_persona(asker, sql),
        verdict="could not check" if fault else "as declared" if seen == declared else "finding",
        message=fault or echo.message,
    )
    for sql, echo in tried:
        told = told_of(echo, asker) - {"own", "shared"}
        if told and asker.persona.user:
            yield Cell(
                object=function.name,
                kind="function",
                persona=asker.persona.name,
                verb=LEAK,
                declared=NOTHING,
                seen=tuple(sorted(told)),
                outcome="rows",
                counts={},
                sql=as_persona(asker, sql),
                verdict="finding",
                message="the answer holds what only other users' rows hold",
            )
            return


async def other_cells(connection: asyncpg.Connection, inventory: Inventory, asker: Asker) -> list[Cell]:
    """SELECT of views, and use of sequences; neither is declared, so whatever is reached is a finding."""
    asked = [
        (relation, verb, sql)
        for relation in inventory.relations
        if relation.kind != "table"
        for verb, sql in _about(relation)
    ]
    echoes = await run(connection, [Probe(asker.role, asker.claims, sql) for *_, sql in asked])
    found = []
    for (relation, verb, sql), echo in zip(asked, echoes, strict=True):
        reached = echo.state == "done" and echo.answer != []
        told = tuple(sorted(told_of(echo, asker))) or YES if reached else NOTHING
        fault = "" if echo.state == NOT_UPDATABLE else fault_of([echo])
        reached = reached or (echo.refused_by_rule and verb != "select")
        found.append(
            Cell(
                object=relation.name,
                kind=relation.kind,
                persona=asker.persona.name,
                verb=verb,
                declared=NOTHING,
                seen=told,
                outcome=outcome_of([echo], anything=reached),
                counts={"rows": len(echo.answer)} if reached and isinstance(echo.answer, list) else {},
                sql=as_persona(asker, sql),
                verdict="could not check" if fault else "finding" if reached else "as declared",
                message=fault or echo.message,
            )
        )
    return found


def _about(relation: Relation) -> Iterable[tuple[str, str]]:
    name = qualified(relation.name)
    if relation.kind == "view":
        rows = f"select * from {name} limit {MOST_ROWS}"  # noqa: S608 - quoted
        yield "select", f"select coalesce(jsonb_agg(to_jsonb(r)), '[]') from ({rows}) as r"  # noqa: S608 - quoted
        first = identifier(relation.columns[0])
        for verb, write in (
            ("insert", f"insert into {name} default values"),
            ("update", f"update {name} set {first} = {first}"),  # noqa: S608 - quoted
            ("delete", f"delete from {name}"),  # noqa: S608 - quoted
        ):
            # Without RETURNING, which would need a right to SELECT too.
            yield verb, f"with w as ({write}) select to_jsonb(true)"
    else:
        yield "usage", f"select to_jsonb(nextval({literal(name)}::regclass))"
        yield "select", f"select to_jsonb(s.last_value) from {name} as s"  # noqa: S608 - quoted


async def schema_cells(connection: asyncpg.Connection, declarations: Declarations, asker: Asker) -> list[Cell]:
    """USAGE and CREATE of the schemas, as the catalog has it."""
    found = []
    for row in await connection.fetch(statement("schema_rights"), [asker.role], list(declarations.schemas)):
        for verb in ("usage", "create"):
            may = declarations.schemas[row["schema"]] if verb == "usage" else frozenset()
            declared, seen = YES if asker.persona.name in may else NOTHING, YES if row[f"may_{verb}"] else NOTHING
            sql = f"select has_schema_privilege({literal(row['schema'])}, {literal(verb)})"
            found.append(
                Cell(
                    object=row["schema"],
                    kind="schema",
                    persona=asker.persona.name,
                    verb=verb,
                    declared=declared,
                    seen=seen,
                    outcome="executed" if seen else "no grant",
                    counts={},
                    sql=as_persona(asker, sql),
                    verdict="as declared" if seen == declared else "finding",
                )
            )
    return found
