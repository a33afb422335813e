"""What a capacity plan needs of the database: bytes by kind of row, WAL and processor time by push (see README.md)."""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import asyncpg
import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.accounts import Account, add_account, blob, fill, pull_arguments, settle
from benchmarks.processor_time import backend_seconds
from medtime_backend.database import statement
from medtime_backend.integrity import checksum_of
from medtime_backend.limits import LIMITS
from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack

ACCOUNTS = 100
ENTITIES = 300
BLOB_BYTES = 512
PUSHES = 400
PULLS = 2000
NEWS = 2
TABLES = (
    "public.srv_encrypted_entities",
    "public.srv_sync_status",
    "private.owners",
    "private.owner_totals",
    "auth.users",
    "auth.sessions",
)


async def size_of(superuser: asyncpg.Connection, table: str) -> tuple[int, int]:
    """Rows of a table, and its bytes with indexes and TOAST."""
    rows = await superuser.fetchval(f"select count(*) from {table}")  # noqa: S608 - one of TABLES
    size = await superuser.fetchval("select pg_total_relation_size($1::text::regclass)", table)
    return int(rows), int(size)


def push_arguments(account: Account, amount: int) -> list[object]:
    """The arguments of statements/push.sql for new entities."""
    blobs = [blob(BLOB_BYTES) for _ in range(amount)]
    return [
        account.claims,
        "phone",
        [uuid4() for _ in blobs],
        ["note"] * amount,
        [0] * amount,
        blobs,
        [checksum_of(data) for data in blobs],
        [False] * amount,
        None,
        None,
        None,
    ]


async def pushes(
    stack: StackInfo, superuser: asyncpg.Connection, accounts: list[Account], amount: int
) -> dict[str, float]:
    """WAL bytes and milliseconds of a processor of one push of `amount`, just after a checkpoint and later."""
    connection = await asyncpg.connect(stack.service_database_url)
    backend = await connection.fetchval("select pg_backend_pid()")
    arguments = [push_arguments(accounts[number % len(accounts)], amount) for number in range(PUSHES)]
    text = statement("push")
    # The first touch of a page after a checkpoint writes it whole.
    await superuser.execute("checkpoint")
    wal, used = [], []
    for part in (arguments[: PUSHES // 2], arguments[PUSHES // 2 :]):
        before, busy = await superuser.fetchval("select pg_current_wal_insert_lsn()"), backend_seconds(backend)
        for one in part:
            await connection.fetch(text, *one)
        after = await superuser.fetchval("select pg_current_wal_insert_lsn()")
        wal.append(int(await superuser.fetchval("select $1::pg_lsn - $2::pg_lsn", after, before)) / len(part))
        used.append(1000 * (backend_seconds(backend) - busy) / len(part))
    await connection.close()
    return {"wal_bytes_after_checkpoint": wal[0], "wal_bytes": wal[1], "processor_ms": used[1]}


async def pulls(stack: StackInfo, accounts: list[Account]) -> dict[str, float]:
    """Milliseconds of a processor and bytes of blobs of one pull with little news."""
    connection = await asyncpg.connect(stack.service_database_url)
    backend = await connection.fetchval("select pg_backend_pid()")
    text = statement("pull")
    busy = backend_seconds(backend)
    begun = time.perf_counter()
    for number in range(PULLS):
        account = accounts[number % len(accounts)]
        counters = account.counters_before_last(NEWS)
        await connection.fetch(text, *pull_arguments(account, counters, 50, LIMITS.page_bytes))
    seconds = time.perf_counter() - begun
    used = 1000 * (backend_seconds(backend) - busy) / PULLS
    await connection.close()
    return {"processor_ms": used, "elapsed_ms": 1000 * seconds / PULLS}


async def measure(options: argparse.Namespace, console: Console) -> None:
    """Everything."""
    with tempfile.TemporaryDirectory(prefix="medtime-capacity-") as name:
        folder = Path(name)
        with Stack(StackOptions(data_dir=folder / "stack", service=False, seed=False)) as stack:
            superuser = await asyncpg.connect(stack.admin_database_url)
            facts = await machine.facts(superuser, folder)
            empty = {table: await size_of(superuser, table) for table in TABLES}
            accounts = [await add_account(superuser, stack) for _ in range(ACCOUNTS)]
            for account in accounts:
                await fill(superuser, account, ENTITIES, BLOB_BYTES)
            await settle(superuser)
            full = {table: await size_of(superuser, table) for table in TABLES}
            rows = {
                table: {
                    "rows_per_account": (full[table][0] - empty[table][0]) / ACCOUNTS,
                    "bytes_per_row": (full[table][1] - empty[table][1]) / max(1, full[table][0] - empty[table][0]),
                }
                for table in TABLES
            }
            figures = {
                "facts": facts,
                "rows": rows,
                "pull": await pulls(stack, accounts),
                "push of 5": await pushes(stack, superuser, accounts, 5),
                "push of 50": await pushes(stack, superuser, accounts, 50),
            }
            await superuser.close()
    shown = Table("what", "rows an account", "bytes a row", title=f"{BLOB_BYTES} bytes of blob", title_justify="left")
    for table, found in rows.items():
        shown.add_row(table, f"{found['rows_per_account']:.1f}", f"{found['bytes_per_row']:.0f}")
    console.print(shown)
    for what in ("pull", "push of 5", "push of 50"):
        console.print(f"{what}: " + ", ".join(f"{key} {value:.2f}" for key, value in figures[what].items()))
    if options.json:
        options.json.write_bytes(msgspec.json.encode(figures))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    sys.exit(uvloop.run(measure(parser.parse_args(), Console(width=120))))


if __name__ == "__main__":
    main()
