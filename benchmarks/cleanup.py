"""What pushes feel of a cleanup of 1,000,000 rows (how to read it: benchmarks/README.md).

Pushes through the service go on before, during and after a run of `medtime cleanup run`; some of the pushing owners are
among those whose tombstones go.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.accounts import Account, add_account, settle
from benchmarks.clients import DEVICE, ENTITIES, HttpPush
from benchmarks.http_load import HttpConnection
from medtime_backend.formats import JSON
from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack
from tests.rates import UNLIMITED

CLIENTS = 4
BLOB_BYTES = 1024
# Shares of all rows: tombstones of the owners who push, of many others, and the other kinds.
SHARES = {"pushing": 0.4, "others": 0.3, "ocr_requests": 0.2, "ended_links": 0.1}
ROWS_OF_OTHERS = 100
TOLERATED_MS = 200.0
LOOK_SECONDS = 0.01
SQL = Path(__file__).with_name("cleanup.sql")
BLOCKED = """
select coalesce(max(extract(epoch from clock_timestamp() - l.waitstart)), 0)::float8
from pg_locks as l
where not l.granted and l.waitstart is not null and exists (
  select from pg_stat_activity as a
  where a.application_name = 'medtime-cli' and a.pid = any(pg_blocking_pids(l.pid))
)
"""


@dataclass
class Phase:
    """Pushes of one time: milliseconds each, and the longest time any waited for a lock of the cleanup."""

    latencies: list[float] = field(default_factory=list)
    blocked_ms: float = 0.0
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """A percentile in milliseconds."""
        return statistics.quantiles(self.latencies, n=1000)[round(share * 1000) - 1]


async def fill(superuser: asyncpg.Connection, accounts: list[Account], rows: int) -> dict[str, int]:
    """Rows that are over, older than 30 days; returns how many of each kind."""
    count = {name: int(share * rows) for name, share in SHARES.items()}
    pushing = [account.user_id for account in accounts[: CLIENTS // 2]]
    await superuser.execute("set session_replication_role = replica")
    await superuser.execute(SQL.read_text(encoding="utf-8"))
    others = await superuser.fetchval("select pg_temp.add_owners($1)", count["others"] // ROWS_OF_OTHERS)
    for owners, amount in ((pushing, count["pushing"]), (others, count["others"])):
        await superuser.execute("select pg_temp.add_tombstones($1, $2)", owners, amount // len(owners), timeout=600)
    await superuser.execute("select pg_temp.add_requests($1, $2)", others, count["ocr_requests"], timeout=600)
    await superuser.execute("select pg_temp.add_links($1, $2)", others, count["ended_links"], timeout=600)
    await superuser.execute("reset session_replication_role")
    await settle(superuser)
    return {"tombstones": count["pushing"] + count["others"], **dict(list(count.items())[2:])}


async def push_until(clients: list[HttpPush], done: asyncio.Event, superuser: asyncpg.Connection) -> Phase:
    """Push with all clients until done, each request after the other."""
    phase = Phase()
    started = time.perf_counter()

    async def push(client: HttpPush) -> None:
        while not done.is_set():
            begun = time.perf_counter()
            await client()
            phase.latencies.append(1000 * (time.perf_counter() - begun))

    async def look() -> None:
        while not done.is_set():
            phase.blocked_ms = max(phase.blocked_ms, 1000 * await superuser.fetchval(BLOCKED))
            await asyncio.sleep(LOOK_SECONDS)

    await asyncio.gather(look(), *(push(client) for client in clients))
    phase.seconds = time.perf_counter() - started
    return phase


async def open_clients(stack: StackInfo, accounts: list[Account]) -> list[HttpPush]:
    """A client with a connection for each account."""
    return [HttpPush(await HttpConnection.open(stack.base_url), account, BLOB_BYTES, JSON) for account in accounts]


async def clean_up(stack: StackInfo, batch: int) -> dict[str, object]:
    """Run the command as an operator does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from cli.main import main; main()", "cleanup", "run", "--json"),
        *("--batch", str(batch), "--db-url", stack.database_url),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    answer: dict[str, object] = msgspec.json.decode(out)
    return answer


async def run(stack: StackInfo, asked: argparse.Namespace, console: Console) -> bool:
    """Measure and print; whether all is as promised."""
    superuser = await asyncpg.connect(stack.admin_database_url)
    accounts = [await add_account(superuser, stack) for _ in range(CLIENTS)]
    # So that the owners have their rows before their tombstones come.
    for client in await open_clients(stack, accounts):
        await client()
    console.print(f"adding {asked.rows:,} rows")
    expected = await fill(superuser, accounts, asked.rows)
    clients = await open_clients(stack, accounts)

    async def phase_of(work: asyncio.Task[object]) -> Phase:
        done = asyncio.Event()
        work.add_done_callback(lambda _: done.set())
        return await push_until(clients, done, superuser)

    before = await phase_of(asyncio.create_task(asyncio.sleep(asked.seconds)))
    cleaning = asyncio.create_task(clean_up(stack, asked.batch))
    during = await phase_of(cleaning)  # type: ignore[arg-type] # what it returns is asked for below
    after = await phase_of(asyncio.create_task(asyncio.sleep(asked.seconds)))
    told = cleaning.result()
    step = msgspec.convert(told["step"], dict[str, object])
    removed = {kind: rows for kind, rows in msgspec.convert(step["removed"], dict[str, int]).items() if rows}
    pushed = (len(before.latencies) + len(during.latencies) + len(after.latencies) + CLIENTS) * ENTITIES
    stored = await superuser.fetchval(
        "select count(*) from public.srv_encrypted_entities where client_id = $1 and deleted_at is null", DEVICE
    )
    await superuser.close()
    table = Table("pushes of 50", "number", "P50 ms", "P99 ms", "max ms", "longest wait for the cleanup ms")
    for name, one in (("before", before), ("during", during), ("after", after)):
        figures = (one.percentile(0.5), one.percentile(0.99), max(one.latencies), one.blocked_ms)
        table.add_row(name, f"{len(one.latencies):,}", *(f"{figure:.1f}" for figure in figures))
    console.print(table)
    rate = sum(removed.values()) / during.seconds
    console.print(f"removed {removed} in {during.seconds:.1f} s: {rate:,.0f} rows/s")
    console.print(f"passed over, since their owners were pushing at that moment: {step['passed_over']:,}")
    console.print(f"pushed {pushed:,} entities, stored {stored:,}")
    left = msgspec.convert(step["passed_over"], int)
    found = removed | {"tombstones": removed["tombstones"] + left}
    return found == expected and pushed == stored and during.blocked_ms < TOLERATED_MS


def main() -> int:
    """Start a stack that keeps its data as production does, measure, stop; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows that are over (1,000,000)")
    parser.add_argument("--batch", type=int, default=1000, help="rows of a batch (1000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of pushes before and after (10)")
    parser.add_argument("--directory", type=Path, help="where the temporary data goes: a disk as in production")
    asked = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory(prefix="medtime-bench-", dir=asked.directory) as folder:
        options = StackOptions(
            data_dir=Path(folder) / "stack", durable=True, seed=False, workers=2, service_environment=UNLIMITED
        )
        with Stack(options) as stack:
            kept = uvloop.run(run(stack, asked, console))
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
