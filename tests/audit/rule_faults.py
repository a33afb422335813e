"""Faults for the static rules: each is made in a transaction, looked for, and rolled back."""

from functools import cache

import asyncpg

from medtime_backend.audit.declaration_files import policies_directory, read_declarations
from medtime_backend.audit.findings import Finding
from medtime_backend.audit.rules import check_rules

ENTITIES = "public.srv_encrypted_entities"
MINE = "user_id = (select auth.uid())"


declarations = cache(lambda: read_declarations(policies_directory()))


async def check(connection: asyncpg.Connection) -> list[Finding]:
    """What the rules find now, against the declarations of this checkout."""
    return await check_rules(connection, declarations(), api_schemas=["public"])


async def found_after(connection: asyncpg.Connection, fault: str, *rules: str) -> dict[str, Finding]:
    """What these rules find more with the fault than before, by id; nothing of the fault stays."""
    # Of our schema the other rules find nothing (test_rules.py).
    before = {finding.id for finding in await check(connection)} if "default-privileges-open" in rules else set()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(fault)
        found = await check(connection)
    finally:
        await transaction.rollback()
    return {one.id: one for one in found if one.rule in rules and one.id not in before}
