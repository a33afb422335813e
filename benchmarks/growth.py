"""Page and push time in accounts of very different sizes, measured in turn within the same seconds."""

import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import urlencode

import asyncpg

from benchmarks.accounts import DEVICES, Account, add_account, fill, pull_arguments, settle
from benchmarks.clients import ENTITIES, DatabasePush, HttpPush
from benchmarks.http_load import HttpConnection, request
from medtime_backend.database import statement
from medtime_backend.formats import JSON
from medtime_backend.limits import LIMITS
from medtime_backend.local.options import StackInfo

SIZES = (1_000, 100_000, 1_000_000)
QUICK_SIZES = (1_000, 10_000, 100_000)
# 1 KiB each would be gigabytes; what could grow with the account does not depend on the size of its blobs.
BLOB_BYTES = 64
WARM_UP = 10
PULLS = 200
# Few, since they make the small account larger.
PUSHES = 30

Timings = dict[str, dict[int, list[float]]]
Step = Callable[[], Awaitable[object]]


async def open_accounts(
    superuser: asyncpg.Connection, stack: StackInfo, sizes: tuple[int, ...], report: Callable[[str], None]
) -> dict[int, Account]:
    """An account of each size."""
    accounts = {}
    for size in sizes:
        started = time.perf_counter()
        accounts[size] = await add_account(superuser, stack)
        await fill(superuser, accounts[size], size, BLOB_BYTES)
        report(f"filled an account of {size:,} entities in {time.perf_counter() - started:.0f} s")
    await settle(superuser)
    return accounts


async def measure(superuser: asyncpg.Connection, stack: StackInfo, accounts: Mapping[int, Account]) -> Timings:
    """Milliseconds of each request, by kind and size of account."""
    database = await asyncpg.connect(stack.service_database_url)
    http = await HttpConnection.open(stack.base_url)
    pulls: dict[str, dict[int, Step]] = {}
    pushes: dict[str, dict[int, Step]] = {}
    for size, account in accounts.items():
        middle = await _middle(superuser, account)
        for name, step in _pulls(database, http, account, middle).items():
            pulls.setdefault(name, {})[size] = step
        pushes.setdefault("push, asyncpg", {})[size] = DatabasePush(database, account, BLOB_BYTES)
        pushes.setdefault("push, HTTP", {})[size] = HttpPush(http, account, BLOB_BYTES, JSON)
    try:
        return {**await _take_turns(pulls, WARM_UP, PULLS), **await _take_turns(pushes, WARM_UP, PUSHES)}
    finally:
        http.close()
        await database.close()


def ratio(by_size: Mapping[int, list[float]]) -> float:
    """Time in the largest account as a multiple of that in the smallest (medians)."""
    return statistics.median(by_size[max(by_size)]) / statistics.median(by_size[min(by_size)])


def _pulls(database: asyncpg.Connection, http: HttpConnection, account: Account, middle: datetime) -> dict[str, Step]:
    """Each kind of page, both ways."""

    def page(counters: dict[str, int] | None, since: datetime | None = None) -> tuple[Step, Step]:
        arguments = pull_arguments(account, counters, ENTITIES, LIMITS.page_bytes)
        arguments[-1] = since
        query = {"device_id": DEVICES[0], "limit": str(ENTITIES)}
        if counters is not None:
            query["clock"] = account.clock(counters)
        if since is not None:
            query["since"] = since.isoformat()
        sent = request("GET", f"/sync/pull?{urlencode(query)}", account.token, f"Accept: {JSON}")

        async def by_database() -> None:
            rows = await database.fetch(statement("pull"), *arguments)
            if len(rows) != ENTITIES + 1:
                raise ValueError(f"{len(rows)} rows")

        return by_database, lambda: http.send(sent)

    def anywhere(way: int) -> Step:
        # Anywhere, so that the large account cannot live on one cached page.
        async def pull() -> None:
            await page(account.counters_at(random.uniform(0.1, 0.9)))[way]()

        return pull

    first, last, since = page(None), page(account.counters_before_last(ENTITIES)), page(None, middle)
    found: dict[str, Step] = {}
    for way, name in enumerate(("asyncpg", "HTTP")):
        found[f"first page, {name}"] = first[way]
        found[f"page in the middle, {name}"] = anywhere(way)
        found[f"last page, {name}"] = last[way]
        found[f"since, {name}"] = since[way]
    return found


async def _middle(superuser: asyncpg.Connection, account: Account) -> datetime:
    """When the account's middle entity was written."""
    moment: datetime = await superuser.fetchval(
        "select updated_at from public.srv_encrypted_entities where user_id = $1 order by updated_at offset $2 limit 1",
        account.user_id,
        sum(account.counters.values()) // 2,
    )
    return moment


async def _take_turns(steps: Mapping[str, Mapping[int, Step]], warm_up: int, times: int) -> Timings:
    taken: Timings = {name: {size: [] for size in by_size} for name, by_size in steps.items()}
    for number in range(-warm_up, times):
        for name, by_size in steps.items():
            for size in random.sample(list(by_size), len(by_size)):
                started = time.perf_counter()
                await by_size[size]()
                if number >= 0:
                    taken[name][size].append(1000 * (time.perf_counter() - started))
    return taken
