"""One request of each kind: over HTTP, and the same SQL function straight by asyncpg."""

import base64
import os
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec

from benchmarks.accounts import DEVICES, Account, blob, pull_arguments
from benchmarks.http_load import HttpConnection, request
from medtime_backend.database import statement
from medtime_backend.integrity import checksum_of
from medtime_backend.limits import LIMITS

ENTITIES = 50
# Stands for an entity's id in a body that is otherwise ready.
BLANK = "00000000-0000-4000-8000-000000000000"
DEVICE = "bench"

# Epoch, counters and purges of a push that carries no clock.
NO_CLOCK = (None, None, None)


class Client(Protocol):
    """What the load driver drives."""

    def prepare(self, requests: int) -> None:
        """Make what the next requests need, outside the time measured."""

    async def __call__(self) -> None:
        """Make one request. Raises when it is not answered as it should be."""


def new_ids() -> list[UUID]:
    """Random ids, as phones make them."""
    random = os.urandom(16 * ENTITIES)
    return [UUID(bytes=random[at : at + 16], version=4) for at in range(0, len(random), 16)]


class HttpPush:
    """Pushes 50 new entities in a body that is ready except for the ids."""

    def __init__(self, connection: HttpConnection, account: Account, size: int, format_: str, *headers: str) -> None:
        self._connection = connection
        self._pieces = _push_body(size, format_).split(BLANK.encode())
        length = sum(map(len, self._pieces)) + ENTITIES * len(BLANK)
        types = (f"Content-Type: {format_}", f"Accept: {format_}", *headers)
        self._pieces[0] = request("POST", "/sync/push", account.token, *types, body_length=length) + self._pieces[0]
        self._ids: list[list[bytes]] = []

    def prepare(self, requests: int) -> None:
        """Make ids."""
        while len(self._ids) < requests:
            self._ids.append([str(id_).encode() for id_ in new_ids()])

    async def __call__(self) -> None:
        """Push."""
        if not self._ids:
            self.prepare(1)
        parts: list[bytes] = [b""] * (2 * ENTITIES + 1)
        parts[::2] = self._pieces
        parts[1::2] = self._ids.pop()
        await self._connection.send(b"".join(parts))


class DatabasePush:
    """The same push by the SQL function alone."""

    def __init__(self, connection: asyncpg.Connection, account: Account, size: int) -> None:
        self._connection = connection
        blobs = [blob(size) for _ in range(ENTITIES)]
        self._claims = account.claims
        self._arguments = (["note"] * ENTITIES, [0] * ENTITIES, blobs, [checksum_of(data) for data in blobs])
        self._ids: list[list[UUID]] = []

    def prepare(self, requests: int) -> None:
        """Make ids."""
        while len(self._ids) < requests:
            self._ids.append(new_ids())

    async def __call__(self) -> None:
        """Push."""
        if not self._ids:
            self.prepare(1)
        rows = await self._connection.fetch(
            statement("push"), self._claims, DEVICE, self._ids.pop(), *self._arguments, [False] * ENTITIES, *NO_CLOCK
        )
        if len(rows) != ENTITIES:
            raise ValueError(f"{len(rows)} rows")


class HttpPull:
    """Pulls pages of 50 from these places of the account, in turn; None is the beginning."""

    def __init__(
        self,
        connection: HttpConnection,
        account: Account,
        places: Iterator[dict[str, int] | None],
        format_: str,
        *headers: str,
    ) -> None:
        self._connection = connection
        self._account = account
        self._places = places
        self._headers = (f"Accept: {format_}", *headers)
        self._requests: list[bytes] = []

    def prepare(self, requests: int) -> None:
        """Make requests."""
        while len(self._requests) < requests:
            counters = next(self._places)
            query = {"device_id": DEVICES[0], "limit": str(ENTITIES)}
            if counters is not None:
                query["clock"] = self._account.clock(counters)
            target = f"/sync/pull?{urlencode(query)}"
            self._requests.append(request("GET", target, self._account.token, *self._headers))

    async def __call__(self) -> None:
        """Pull."""
        if not self._requests:
            self.prepare(1)
        await self._connection.send(self._requests.pop())


class DatabasePull:
    """The same pages by the SQL function alone."""

    def __init__(
        self, connection: asyncpg.Connection, account: Account, places: Iterator[dict[str, int] | None]
    ) -> None:
        self._connection = connection
        self._account = account
        self._places = places
        self._requests: list[list[Any]] = []

    def prepare(self, requests: int) -> None:
        """Make arguments."""
        while len(self._requests) < requests:
            self._requests.append(pull_arguments(self._account, next(self._places), ENTITIES, LIMITS.page_bytes))

    async def __call__(self) -> None:
        """Pull."""
        if not self._requests:
            self.prepare(1)
        rows = await self._connection.fetch(statement("pull"), *self._requests.pop())
        if len(rows) != ENTITIES + 1:
            raise ValueError(f"{len(rows)} rows")


def _push_body(size: int, format_: str) -> bytes:
    packed = format_ == "application/msgpack"
    entities = [
        {
            "id": BLANK,
            "entity_type": "note",
            "base_version": 0,
            "blob": data if packed else base64.b64encode(data).decode(),
            "checksum": checksum_of(data),
        }
        for data in (blob(size) for _ in range(ENTITIES))
    ]
    body = {"device_id": DEVICE, "entities": entities}
    return msgspec.msgpack.encode(body) if packed else msgspec.json.encode(body)
