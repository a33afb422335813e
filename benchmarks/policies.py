"""What row level security costs: the same SQL as `authenticated`, on copies of one database with and without it.

Each request, with its very arguments, is sent to all copies, one after the other in random order.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle

import asyncpg

from benchmarks.accounts import Account, blob, pull_arguments
from benchmarks.clients import DEVICE, ENTITIES, new_ids
from benchmarks.policy_databases import AGAIN, WITH, WITHOUT, Databases
from medtime_backend.integrity import checksum_of
from medtime_backend.limits import LIMITS
from medtime_backend.local.shadow import Shadow

BLOB_BYTES = 1024
# Where the pages of a pull begin, as shares of an account.
PLACES = (0.0, 0.2, 0.4, 0.6)
WARM_UP = 20
READS = 150
# Fewer, since each takes as long as ten reads.
PUSHES = 80

ONE = """
select id, entity_type, version, encrypted_blob, checksum, updated_at, deleted_at
from public.srv_encrypted_entities
where user_id = $1 and id = $2
"""
PAGE = """
select id, entity_type, version, encrypted_blob, checksum, updated_at, deleted_at
from public.srv_encrypted_entities
where user_id = $1 and deleted_at is null and updated_at > $2
order by updated_at
limit 50
"""
PULL = "select * from public.srv_pull($1, $2, $3, $4, $5, $6, $7, $8)"
PUSH = "select * from public.srv_push($1, $2, $3, $4, $5, $6, $7)"
# The oldest, so that a page after any of them is whole.
OLDEST = """
select id, updated_at from public.srv_encrypted_entities where user_id = $1 order by updated_at limit 20
"""

PolicyTimings = dict[str, dict[str, dict[str, list[list[float]]]]]
"""Request → who → copy → rounds of milliseconds."""


@dataclass(frozen=True)
class Request:
    """One kind of request of one person: a statement, what makes the arguments of the next one, and its rows."""

    name: str
    who: str
    sql: str
    arguments: Callable[[], Sequence[object]]
    rows: int


async def measure(rounds: int) -> PolicyTimings:
    """Make the copies and measure on them, in a Postgres of its own that does not wait for its disk."""
    with Shadow() as shadow:
        async with AsyncExitStack() as opened:
            databases = await Databases.make(shadow, opened)
            people = databases.people
            reads = [
                request
                for who, (_, owners) in people.items()
                for request in (*await _selects(databases, who, owners), _pull(who, owners))
            ]
            pushes = [_push(who) for who in people]
            return {
                **await _take_turns(databases, reads, rounds, READS),
                **await _take_turns(databases, pushes, rounds, PUSHES),
            }


def policy_ratios(
    by_copy: Mapping[str, Sequence[Sequence[float]]], copy: str = WITH, base: str = WITHOUT
) -> list[float]:
    """Median time on a copy as a multiple of that on another, round by round, so that the machine's drift cancels."""
    return [
        statistics.median(mine) / statistics.median(other)
        for mine, other in zip(by_copy[copy], by_copy[base], strict=True)
    ]


async def _selects(databases: Databases, who: str, owners: Sequence[Account]) -> tuple[Request, Request]:
    """One entity, and a page, as Supabase's REST layer would read them."""
    oldest = {owner.user_id: await databases.superuser.fetch(OLDEST, owner.user_id) for owner in owners}

    def one() -> Sequence[object]:
        owner = random.choice(owners).user_id
        return owner, random.choice(oldest[owner])["id"]

    def page() -> Sequence[object]:
        owner = random.choice(owners).user_id
        return owner, random.choice(oldest[owner])["updated_at"]

    return Request("select 1", who, ONE, one, 1), Request("select 50", who, PAGE, page, ENTITIES)


def _pull(who: str, owners: Sequence[Account]) -> Request:
    places = cycle(PLACES)

    def arguments() -> Sequence[object]:
        owner, place = random.choice(owners), next(places)
        counters = owner.counters_at(place) if place else None
        # Without claims and device, which are for the service alone.
        return pull_arguments(owner, counters, ENTITIES, LIMITS.page_bytes)[2:]

    return Request("srv_pull of 50", who, PULL, arguments, ENTITIES + 1)


def _push(who: str) -> Request:
    """A push to the person's own account: caregivers write nowhere else."""
    blobs = [blob(BLOB_BYTES) for _ in range(ENTITIES)]
    rest = (["note"] * ENTITIES, [0] * ENTITIES, blobs, [checksum_of(data) for data in blobs], [False] * ENTITIES)
    return Request("srv_push of 50", who, PUSH, lambda: (DEVICE, new_ids(), *rest), ENTITIES)


async def _take_turns(databases: Databases, requests: Sequence[Request], rounds: int, times: int) -> PolicyTimings:
    copies = (WITHOUT, WITH, AGAIN)
    taken: PolicyTimings = {}
    for one in requests:
        taken.setdefault(one.name, {})[one.who] = {copy: [] for copy in copies}
    for number in range(-1, rounds):
        gc.collect()
        found: dict[Request, dict[str, list[float]]] = {one: {copy: [] for copy in copies} for one in requests}
        for _ in range(times if number >= 0 else WARM_UP):
            for one in random.sample(requests, len(requests)):
                arguments = one.arguments()
                for copy in random.sample(copies, len(copies)):
                    found[one][copy].append(await _time(databases.connections[copy][one.who], one, arguments))
        if number >= 0:
            for one, by_copy in found.items():
                for copy, latencies in by_copy.items():
                    taken[one.name][one.who][copy].append(latencies)
    return taken


async def _time(connection: asyncpg.Connection, request: Request, arguments: Sequence[object]) -> float:
    started = time.perf_counter()
    rows = await connection.fetch(request.sql, *arguments)
    elapsed = time.perf_counter() - started
    if len(rows) != request.rows:
        raise ValueError(f"{request.name} by the {request.who}: {len(rows)} rows")
    return 1000 * elapsed
