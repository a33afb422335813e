"""Runs statements as personas: each in a subtransaction that is taken back, and says what it reached."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import msgspec

from medtime_backend.audit.inventory import statement

BECOME = "become"
BATCH = 500

RUN = """
select p.state, p.message, p.amount, p.answer::text as answer, p.touched::text as touched
from unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
  with ordinality as q (caller, claims, statement, watched, place)
cross join lateral pg_temp.medtime_probe(q.caller, q.claims, q.statement, q.watched) as p
order by q.place
"""


class Probe(msgspec.Struct, frozen=True):
    """One statement to run as a role with claims.

    `watched` is the oid of the table whose rows it may touch; None for a query whose one JSON value is the answer.
    """

    role: str
    claims: str
    sql: str
    watched: int | None = None


class Echo(msgspec.Struct, frozen=True):
    """What came of a probe.

    `state` is done, a SQLSTATE, or `become` (the role could not be taken on). `touched` lists the owners of each row
    changed or removed; `answer` is the query's JSON value.
    """

    state: str
    message: str
    amount: int | None
    answer: object
    touched: tuple[tuple[str | None, ...], ...]

    @property
    def no_grant(self) -> bool:
        """Whether a privilege was missing."""
        return self.state == "42501" and not self.refused_by_policy

    @property
    def refused_by_policy(self) -> bool:
        """Whether a policy refused the row; Postgres has one SQLSTATE for both."""
        return self.state == "42501" and "row-level security" in self.message

    @property
    def refused_by_rule(self) -> bool:
        """Whether the statement got past grants and policies and was refused by a constraint, its values or our rules.

        Postgres checks policies before constraints (ExecInsert, ExecUpdate); a referenced table is refused to
        TRUNCATE after the privilege was found.
        """
        return self.state[:2] in {"22", "23", "MT", "P0", "0A", "21"}

    @property
    def recursed(self) -> bool:
        """Whether policies of tables refer to each other in a circle."""
        return self.state == "42P17"


async def prepare(connection: asyncpg.Connection) -> None:
    """Make the probe and the list of rows, for this session. Messages are asked for in English."""
    await connection.execute(statement("probe"))
    await connection.execute(statement("rows_table"))


async def run(connection: asyncpg.Connection, probes: Sequence[Probe]) -> list[Echo]:
    """Run the probes in their order, within the connection's transaction. Nothing of them stays."""
    echoes: list[Echo] = []
    for start in range(0, len(probes), BATCH):
        batch = probes[start : start + BATCH]
        rows = await connection.fetch(
            RUN,
            [probe.role for probe in batch],
            [probe.claims for probe in batch],
            [probe.sql for probe in batch],
            [probe.watched for probe in batch],
        )
        echoes += [
            Echo(
                state=row["state"],
                message=row["message"] or "",
                amount=row["amount"],
                answer=msgspec.json.decode(row["answer"]) if row["answer"] else None,
                touched=tuple(tuple(owners) for owners in msgspec.json.decode(row["touched"]))
                if row["touched"]
                else (),
            )
            for row in rows
        ]
    return echoes
