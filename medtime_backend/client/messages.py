"""The bodies of the sync protocol as a client reads and writes them; fields it does not need are left out."""

from typing import Any, Literal

import msgspec

ConflictReason = Literal["stale", "exists", "deleted", "unknown", "ahead"]


class Limits(msgspec.Struct):
    """What the server accepts; the documented numbers until /sync/status has told its own."""

    entities_per_push: int = 100
    entities_per_page: int = 100
    push_body_bytes: int = 16_777_216


class Item(msgspec.Struct):
    """One entity of a push, as sent and, until it is answered, as remembered."""

    id: str
    entity_type: str
    base_version: int
    blob: bytes
    checksum: str
    deleted: bool


class Push(msgspec.Struct, omit_defaults=True):
    """The body of POST /sync/push."""

    device_id: str
    entities: list[Item]
    clock: str = ""


class Written(msgspec.Struct):
    """One entity of a receipt."""

    id: str
    version: int


class Receipt(msgspec.Struct):
    """The answer of POST /sync/push."""

    entities: list[Written]
    clock: str


class Row(msgspec.Struct):
    """One entity of a page."""

    id: str
    entity_type: str
    version: int
    checksum: str
    deleted: bool
    blob: bytes = b""


class Page(msgspec.Struct):
    """The answer of GET /sync/pull."""

    entities: list[Row]
    clock: str
    has_more: bool


class TypeDigest(msgspec.Struct):
    """What the server, or a device, holds of one entity type."""

    count: int
    bytes: int
    digest: str


class Status(msgspec.Struct):
    """The answer of GET /sync/status."""

    owner: str
    epoch: str
    limits: Limits
    entities: int = 0
    tombstones: int = 0
    bytes: int = 0
    owners: list[str] = []
    devices: list[dict[str, Any]] = []
    digests: dict[str, TypeDigest] | None = None


class Clash(msgspec.Struct):
    """One entry of a version-conflict."""

    id: str
    reason: str
    base_version: int = 0
    server_version: int | None = None
    server_checksum: str | None = None


class Refusal(msgspec.Struct):
    """One entity that a problem names; without id if it was the id that could not be read."""

    reason: str
    id: str | None = None


class Problem(msgspec.Struct):
    """An RFC 9457 body. Clients decide by `type`, never by the texts."""

    type: str
    status: int
    title: str = ""
    detail: str = ""
    retryable: bool | None = None
    request_id: str = ""
    reason: str = ""
    conflicts: list[Clash] = []
    entities: list[Refusal] = []

    @property
    def slug(self) -> str:
        """The last part of the type, which names the problem."""
        return self.type.rsplit("/", 1)[-1]
