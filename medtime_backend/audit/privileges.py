"""The audit of a production database: what the catalog alone proves, without a row, a lock or a role taken on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec

from medtime_backend.audit.declarations import TABLE_VERBS, Declarations, TableDeclaration
from medtime_backend.audit.findings import Cell, Finding, Rule, Verdict
from medtime_backend.audit.inventory import Function, Inventory, Relation, statement, take_inventory
from medtime_backend.audit.judgement import NOTHING, YES
from medtime_backend.audit.personas import Persona
from medtime_backend.audit.quoting import literal

UNDECLARED_GRANT = Rule(
    "undeclared-grant",
    "A role has a right that policies/ does not give it",
    "error",
    "Without a right nothing can be reached; with one, only the policies stand between the role and the rows.",
    "Revoke it, or declare it in policies/ and have it reviewed.",
)
MISSING_GRANT = Rule(
    "missing-grant",
    "A role lacks a right that policies/ gives it",
    "error",
    "The app will fail for these users.",
    "Apply the migrations, or grant what is declared.",
)
RULES: Final = (UNDECLARED_GRANT, MISSING_GRANT)
UNDECLARED: Final = "is not declared"
BY_COLUMN: Final = ("select", "insert", "update")
NOT_PROVED: Final = (
    "Which rows a persona reaches where its role has the right: nothing was run as a persona.",
    "What functions answer: none was called.",
)


class Privileges(msgspec.Struct, frozen=True):
    """What the catalog proves: a cell for each persona and right, and what is wrong."""

    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]
    objects: int


async def check_privileges(
    connection: asyncpg.Connection, declarations: Declarations, personas: Sequence[Persona]
) -> Privileges:
    """Compare the rights of the personas' roles with what is declared, from the catalog alone."""
    inventory = await take_inventory(connection, tuple(declarations.schemas))
    roles = sorted({persona.role for persona in personas})
    tables = await _table_rights(connection, inventory, roles)
    functions = await _function_rights(connection, inventory, roles)
    declared = await _declared(connection, inventory, declarations)
    cells: list[Cell] = []
    for persona in personas:
        for table in inventory.of_kind("table"):
            declaration = declarations.tables.get(table.name)
            cells += [
                _table_cell(declaration, persona, table, verb, tables.get((persona.role, table.oid, verb), ()))
                for verb in TABLE_VERBS
            ]
        cells += [
            _function_cell(persona, function, whom, may=functions[persona.role, function.oid])
            for function, whom in declared
        ]
    findings = [_finding(cell) for cell in cells if cell.verdict == "finding"]
    return Privileges(tuple(cells), tuple(findings), len(inventory.relations) + len(inventory.functions))


async def _table_rights(
    connection: asyncpg.Connection, inventory: Inventory, roles: Sequence[str]
) -> dict[tuple[str, int, str], tuple[str, ...]]:
    oids = [table.oid for table in inventory.of_kind("table")]
    rows = await connection.fetch(statement("table_rights"), list(roles), oids)
    return {(row["role"], row["oid"], row["verb"]): YES if row["whole"] else tuple(row["columns"]) for row in rows}


async def _function_rights(
    connection: asyncpg.Connection, inventory: Inventory, roles: Sequence[str]
) -> dict[tuple[str, int], bool]:
    oids = [function.oid for function in inventory.functions]
    rows = await connection.fetch(statement("function_rights"), list(roles), oids)
    return {(row["role"], row["oid"]): row["may"] for row in rows}


async def _declared(
    connection: asyncpg.Connection, inventory: Inventory, declarations: Declarations
) -> list[tuple[Function, frozenset[str]]]:
    names = list(declarations.functions)
    found = await connection.fetch(statement("function_oids"), names)
    whom = {row["oid"]: declarations.functions[row["name"]] for row in found}
    return [(function, whom.get(function.oid, frozenset())) for function in inventory.functions]


def _table_cell(
    declaration: TableDeclaration | None, persona: Persona, table: Relation, verb: str, has: tuple[str, ...]
) -> Cell:
    by_column = verb in BY_COLUMN
    declared = declaration.access.get((persona.name, verb), frozenset()) if declaration else frozenset()
    granted = declaration.granted.get((persona.role, verb), ()) if declaration and declared else ()
    expected = granted if by_column else YES if declared else NOTHING
    beyond, lacking = sorted(set(has) - set(expected)), sorted(set(expected) - set(has))
    verdict, message = _judge(beyond, lacking, has=bool(has), by_column=by_column)
    function = "has_any_column_privilege" if by_column else "has_table_privilege"
    return Cell(
        object=table.name,
        kind="table",
        persona=persona.name,
        verb=verb,
        declared=tuple(sorted(declared)),
        seen=YES if beyond else tuple(sorted(declared)) if has else NOTHING,
        outcome="granted" if has else "no grant",
        counts={},
        sql=f"select {function}({literal(persona.role)}, {literal(table.name)}, {literal(verb)});",
        verdict=verdict,
        message=message,
    )


def _judge(beyond: list[str], lacking: list[str], *, has: bool, by_column: bool) -> tuple[Verdict, str]:
    columns = f" to {', '.join(beyond or lacking)}" if by_column else ""
    if beyond:
        return "finding", f"the right{columns} {UNDECLARED}"
    if lacking:
        return "finding", f"the right{columns} is missing"
    if has:
        return "could not check", "the right is declared; which rows it reaches was not tried"
    return "as declared", ""


def _function_cell(persona: Persona, function: Function, whom: frozenset[str], *, may: bool) -> Cell:
    declared = YES if persona.name in whom else NOTHING
    seen = YES if may else NOTHING
    return Cell(
        object=function.name,
        kind="function",
        persona=persona.name,
        verb="execute",
        declared=declared,
        seen=seen,
        outcome="granted" if may else "no grant",
        counts={},
        sql=f"select has_function_privilege({literal(persona.role)}, {literal(function.name)}, 'execute');",
        verdict="as declared" if declared == seen else "finding",
        message="" if declared == seen else f"the right {UNDECLARED}" if may else "the right is missing",
    )


def _finding(cell: Cell) -> Finding:
    rule = UNDECLARED_GRANT if cell.message.endswith(UNDECLARED) else MISSING_GRANT
    return Finding(
        rule=rule.slug,
        object=cell.object,
        severity=rule.severity,
        title=rule.title,
        detail=f"{cell.persona}: {cell.verb.upper()} on {cell.object}: {cell.message}.",
        reproduction=cell.sql,
        fix=rule.fix,
        persona=cell.persona,
        verb=cell.verb,
    )
