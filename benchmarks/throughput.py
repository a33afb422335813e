"""Push and pull of 50 entities of 1 KiB by 8 clients: through the service, and by the SQL function alone."""

import itertools
import json
from collections.abc import Iterator

import asyncpg
import msgspec

from benchmarks.accounts import Account, add_account, fill, settle
from benchmarks.clients import ENTITIES, Client, DatabasePull, DatabasePush, HttpPull, HttpPush
from benchmarks.driver import CEILING, Series, compare
from benchmarks.http_load import HttpConnection
from medtime_backend.formats import JSON, MSGPACK
from medtime_backend.local.options import StackInfo

CLIENTS = 8
BLOB_BYTES = 1024
# What each pull account holds, and how many places its pages begin at.
PULL_ENTITIES = 1000
PLACES = 15
GZIP = "Accept-Encoding: gzip"
HTTP_VARIANTS = {
    "JSON": (JSON,),
    "MessagePack": (MSGPACK,),
    "JSON, gzip accepted": (JSON, GZIP),
}


async def open_accounts(superuser: asyncpg.Connection, stack: StackInfo) -> list[Account]:
    """One account for each client: phones of one account would wait for each other's lock."""
    accounts = [await add_account(superuser, stack) for _ in range(CLIENTS)]
    for account in accounts:
        await fill(superuser, account, PULL_ENTITIES, BLOB_BYTES)
    await settle(superuser)
    return accounts


async def measure_push(stack: StackInfo, accounts: list[Account], rounds: int, seconds: float) -> dict[str, Series]:
    """Pushes of new entities."""
    connections = [await asyncpg.connect(stack.service_database_url) for _ in accounts]
    variants: dict[str, list[Client]] = {
        CEILING: [DatabasePush(c, a, BLOB_BYTES) for c, a in zip(connections, accounts, strict=True)]
    }
    sockets = []
    for name, (format_, *headers) in HTTP_VARIANTS.items():
        opened = [await HttpConnection.open(stack.base_url) for _ in accounts]
        sockets += opened
        variants[name] = [HttpPush(c, a, BLOB_BYTES, format_, *headers) for c, a in zip(opened, accounts, strict=True)]
    try:
        return await compare(variants, rounds, seconds)
    finally:
        await _close(connections, sockets)


async def measure_pull(stack: StackInfo, accounts: list[Account], rounds: int, seconds: float) -> dict[str, Series]:
    """Pulls of whole pages, from the first to one near the end."""
    connections = [await asyncpg.connect(stack.service_database_url) for _ in accounts]
    variants: dict[str, list[Client]] = {
        CEILING: [DatabasePull(c, a, _places(a)) for c, a in zip(connections, accounts, strict=True)]
    }
    sockets = []
    for name, (format_, *headers) in HTTP_VARIANTS.items():
        opened = [await HttpConnection.open(stack.base_url) for _ in accounts]
        sockets += opened
        clients = [HttpPull(c, a, _places(a), format_, *headers) for c, a in zip(opened, accounts, strict=True)]
        await _check_page(clients[0], opened[0], packed=format_ == MSGPACK, zipped=bool(headers))
        variants[name] = list(clients)
    try:
        return await compare(variants, rounds, seconds)
    finally:
        await _close(connections, sockets)


def _places(account: Account) -> Iterator[dict[str, int] | None]:
    """The beginning, then places after it, again and again."""
    return itertools.cycle([None, *(account.counters_at(place / (PLACES + 2)) for place in range(1, PLACES))])


async def _check_page(client: HttpPull, connection: HttpConnection, *, packed: bool, zipped: bool) -> None:
    """Raise ValueError unless an answer is a whole page in the form asked for: the load only counts bytes."""
    await client()
    body = connection.body
    if zipped != body.startswith(b"\x1f\x8b"):
        raise ValueError("the answer is compressed or not, against what was asked")
    if not zipped:
        page = msgspec.msgpack.decode(body) if packed else json.loads(body)
        if len(page["entities"]) != ENTITIES:
            raise ValueError("the answer is not a whole page")


async def _close(connections: list[asyncpg.Connection], sockets: list[HttpConnection]) -> None:
    for socket in sockets:
        socket.close()
    for connection in connections:
        await connection.close()
