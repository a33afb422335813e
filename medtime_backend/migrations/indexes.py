"""What CREATE INDEX CONCURRENTLY leaves when it fails: an invalid index, in the way of the next try."""

from __future__ import annotations

import asyncpg
from pglast import ast

from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.splitting import Statement
from medtime_backend.migrations.statement_files import statement
from medtime_backend.migrations.transaction_blocks import concurrent


async def refuse_invalid_index(connection: asyncpg.Connection, part: Statement) -> None:
    """Raise MigrationError when an earlier try of this statement left its index invalid.

    IF NOT EXISTS would pass over it, and the history would list what was never made. It is not dropped here: whose it
    is cannot be told by its name.
    """
    node = part.node
    if not isinstance(node, ast.IndexStmt) or not concurrent(part) or not node.relation:
        return
    table = await connection.fetchval(statement("table_oid"), node.relation.schemaname, node.relation.relname)
    found = [
        row["qualified"]
        for row in await connection.fetch(statement("invalid_indexes"))
        if row["table_oid"] == table and node.idxname in {None, row["name"]}
    ]
    if found:
        raise MigrationError(
            f"the index {found[0]} is there and invalid, left by an earlier try.",
            details=(f"Remove it, then run `medtime migrate up` again: DROP INDEX CONCURRENTLY {found[0]};",),
        )


async def invalid_indexes(connection: asyncpg.Connection) -> list[str]:
    """The names, quoted and with schemas, of all indexes that are invalid while nobody builds them."""
    return [row["qualified"] for row in await connection.fetch(statement("invalid_indexes"))]
