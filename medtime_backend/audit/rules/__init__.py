"""The audit's static rules: what the catalog tells about a schema without running anything as anybody."""

from __future__ import annotations

import json
from collections.abc import Collection
from itertools import chain
from typing import Final

import asyncpg

from medtime_backend.audit.declarations import Declarations
from medtime_backend.audit.findings import Finding, Rule
from medtime_backend.audit.rules import cleartext, copies, functions, hand_over, policies, recursion, unfiltered
from medtime_backend.audit.rules.catalog_rules import catalog_rules
from medtime_backend.audit.rules.catalog_rules import find as find_in_catalog
from medtime_backend.audit.rules.column_grants import column_grants
from medtime_backend.audit.rules.facts import read_facts
from medtime_backend.audit.rules.plans import read_plans

ON_FACTS: Final = (policies, hand_over, functions, copies, cleartext)
PRIVATE: Final = "private"
ANON: Final = "anon"

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted(
        (
            *(one.rule for one in catalog_rules()),
            *chain.from_iterable(module.RULES for module in (*ON_FACTS, recursion)),
        ),
        key=lambda rule: rule.slug,
    )
)
"""All rules, by slug."""


async def check_rules(
    connection: asyncpg.Connection, declarations: Declarations, *, api_schemas: Collection[str]
) -> list[Finding]:
    """Run all rules on the exposed schemas and private; sorted by rule and object.

    Reads the catalog alone, needs no superuser, and works in a read-only transaction; leaves nothing behind, settings
    included. Raises asyncpg.PostgresError.
    """
    exposed = sorted(api_schemas)
    schemas = sorted({*exposed, PRIVATE})
    transaction = connection.transaction()
    await transaction.start()
    try:
        # So that every name is shown with its schema.
        await connection.execute("select set_config('search_path', 'pg_catalog', true)")
        found = await find_in_catalog(connection, (schemas, exposed, _as_json(declarations)))
        facts = await read_facts(connection, declarations, schemas, exposed)
        for module in ON_FACTS:
            found.extend(module.find(facts))
        plans = await read_plans(connection, facts)
        found.extend(recursion.find(facts, plans))
        found.extend(unfiltered.find(facts, plans, found.copy()))
    finally:
        await transaction.rollback()
    return sorted(found, key=lambda one: one.id)


def _as_json(declarations: Declarations) -> str:
    """The declarations as scope.sql takes them."""
    return json.dumps(
        {
            "tables": {
                name: {
                    "owners": table.owners,
                    "columns": dict(table.columns),
                    "triggers": table.triggers,
                    "column_grants": column_grants(table),
                    "open": bool(table.access.get((ANON, "select"))),
                }
                for name, table in declarations.tables.items()
            },
            "functions": list(declarations.functions),
            "open_functions": [name for name, whom in declarations.functions.items() if ANON in whom],
        }
    )
