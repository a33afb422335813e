"""Requests and answers of /sync (docs/protocol.md)."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from medtime_backend.limits import Limits

# Python's $ also matches before a last line feed, which the look-ahead forbids.
DEVICE_ID = r"^[A-Za-z0-9._:-]{1,64}$(?!\n)"
ENTITY_TYPE = r"^[a-z][a-z0-9_]{0,39}$(?!\n)"
MAX_VERSION = 2**31 - 2

DeviceId = Annotated[str, Meta(pattern=DEVICE_ID, description="The installation, as it names itself; a UUID is best")]
EntityType = Annotated[str, Meta(pattern=ENTITY_TYPE, description="A short label chosen by the app")]
Checksum = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="SHA-256 of the blob's bytes, in hex")]
BaseVersion = Annotated[int, Meta(ge=0, le=MAX_VERSION, description="The version last seen; 0 for a new entity")]
Time = Annotated[str, Meta(description="RFC 3339, UTC")]


class PushedEntity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One write. A deletion has `deleted: true` and may leave out blob and checksum."""

    id: UUID
    entity_type: EntityType
    base_version: BaseVersion
    blob: bytes | UnsetType = UNSET
    checksum: Checksum | UnsetType = UNSET
    deleted: bool = False


class PushRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """1 to 100 writes of one device, all or none of which are stored."""

    device_id: DeviceId
    entities: Annotated[list[PushedEntity], Meta(min_length=1, max_length=100)]
    clock: str | None = None


class PushedVersion(msgspec.Struct, frozen=True):
    """An entity's version after the push."""

    id: UUID
    version: int


class PushAnswer(msgspec.Struct, frozen=True):
    """Everything was stored. `clock` may replace the clock that was sent."""

    synced: int
    entities: list[PushedVersion]
    clock: str
    conflicts: list[dict[str, Any]] = []


class PulledEntity(msgspec.Struct, frozen=True):
    """An entity as stored; a tombstone has an empty blob."""

    id: UUID
    entity_type: str
    version: int
    blob: bytes
    blob_size: int
    checksum: str
    deleted: bool
    created_at: Time
    updated_at: Time
    deleted_at: Time | None
    client_id: str
    client_seq: int


class PullAnswer(msgspec.Struct, frozen=True):
    """A page. The clock is to be stored after its entities, and repeated to go on."""

    entities: list[PulledEntity]
    clock: str
    has_more: bool


class DeviceStatus(msgspec.Struct, frozen=True):
    """A device of the owner."""

    device_id: str
    last_sync_at: Time
    sync_version: int


class TypeDigest(msgspec.Struct, frozen=True):
    """Live entities of one type and the XOR of SHA-256(id:version:checksum) over them."""

    count: int
    bytes: int
    digest: str


class StatusAnswer(msgspec.Struct, frozen=True):
    """Where an account stands. `owners` are the users whose entities the caller may read.

    `tier` and `quota_bytes` are null when the owner is another user; `rate_limits` are the caller's requests a minute.
    """

    epoch: UUID
    owner: UUID
    clock: str
    devices: list[DeviceStatus]
    entities: int
    tombstones: int
    bytes: int
    owners: list[UUID]
    tier: str | None
    quota_bytes: int | None
    limits: Limits
    rate_limits: dict[str, int]
    digests: dict[str, TypeDigest] | UnsetType = UNSET
