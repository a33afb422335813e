"""Push, pull and status: from identity and request to the answer, through one SQL function each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from medtime_backend import errors, vector_clock
from medtime_backend.database import Database
from medtime_backend.identity import Identity
from medtime_backend.integrity import TOMBSTONE_CHECKSUM
from medtime_backend.limits import LIMITS
from medtime_backend.push_body import Push
from medtime_backend.read_replica import ReadReplica
from medtime_backend.schemas.sync import PullAnswer, PulledEntity, PushAnswer, PushedVersion, StatusAnswer
from medtime_backend.vector_clock import Clock
from medtime_backend.wakeup_calls import WakeupCalls


@dataclass(frozen=True)
class SyncDesk:
    """What the service has for sync: where to read and write, who to call after a push, the rates by tier and group."""

    reads: ReadReplica
    calls: WakeupCalls
    rates: Mapping[str, Mapping[str, int]]

    @property
    def database(self) -> Database:
        """The primary."""
        return self.reads.primary


def read_clock(token: str, owner: UUID, entity_type: str | None = None) -> Clock:
    """The clock of a token for this owner and selection. Raises ResyncRequired (foreign, unreadable)."""
    try:
        clock = vector_clock.read(token)
    except vector_clock.UnreadableClockError:
        raise errors.ResyncRequired(reason="unreadable") from None
    if clock.owner != owner or clock.entity_type != entity_type:
        raise errors.ResyncRequired(reason="foreign")
    return clock


def _known(clock: Clock | None) -> tuple[UUID | None, str | None, int | None]:
    """What the SQL functions take of a clock: epoch, counters as JSON, purges."""
    return (clock.epoch, msgspec.json.encode(clock.counters).decode(), clock.purges) if clock else (None, None, None)


async def push(database: Database, calls: WakeupCalls, identity: Identity, request: Push) -> PushAnswer:
    """Store all entities of a push, or none; then have others woken, without waiting for it.

    Raises VersionConflict, the problem of refused entities, ResyncRequired for a clock that cannot be continued,
    and what Database.fetch raises.
    """
    held = read_clock(request.clock, identity.user_id) if request.clock is not None else None
    entities = request.entities
    rows = await database.fetch_in_turn(
        identity.user_id,
        "push",
        identity.claims,
        request.device_id,
        [entity.id for entity in entities],
        [entity.entity_type for entity in entities],
        [entity.base_version for entity in entities],
        [entity.blob or b"" for entity in entities],
        [entity.checksum or TOMBSTONE_CHECKSUM for entity in entities],
        [entity.deleted for entity in entities],
        *_known(held),
    )
    if rows[0]["wakeup_requested"]:
        calls.request()
    clock = _clock_after(rows, held, identity.user_id, request.device_id)
    versions = {row["id"]: row["version"] for row in rows}
    return PushAnswer(
        synced=len(rows),
        entities=[PushedVersion(entity.id, versions[entity.id]) for entity in entities],
        clock=vector_clock.write(clock),
    )


def _clock_after(rows: list[Record] | Any, held: Clock | None, owner: UUID, device: str) -> Clock:
    """The clock a device may store after a push.

    Its own dots are covered only when nothing of the device lies between them and what the clock knew: a phone
    restored from a backup pushes before it has seen its own earlier writes.
    """
    epoch, counter = rows[0]["epoch"], rows[0]["sync_version"] or 0
    clock = held or Clock(epoch, owner, None, None, {})
    known = clock.counters.get(device, 0)
    new = sum(row["client_seq"] > known for row in rows)
    return clock.raised([(device, counter)]) if new == counter - known else clock


async def pull(  # noqa: PLR0913 - the parameters of the request
    reads: ReadReplica,
    identity: Identity,
    *,
    device_id: str,
    owner: UUID | None,
    clock: str | None,
    limit: int,
    entity_type: str | None,
    since: datetime | None,
) -> PullAnswer:
    """A page of what is news to the clock.

    Raises NotACaregiver, ResyncRequired, and what Database.fetch raises.
    """
    subject = owner or identity.user_id
    held = read_clock(clock, subject, entity_type) if clock is not None else None
    arguments = (
        identity.claims,
        device_id,
        subject,
        *_known(held),
        limit,
        LIMITS.page_bytes,
        entity_type,
        since,
    )
    # Only for one's own, since a caregiver's link may just have ended; and only after a first page, whose clock tells
    # what the device has seen (ADR 32).
    if held is not None and subject == identity.user_id:
        rows = await reads.fetch("pull", *arguments)
        if rows is not None and _has_seen(rows, held):
            return _page(rows, subject, entity_type)
    return _page(await reads.primary.fetch("pull", *arguments), subject, entity_type)


def _has_seen(rows: Sequence[Record], clock: Clock) -> bool:
    """Whether these rows are of a database that has seen the clock: the one after them is no lower."""
    after = msgspec.json.decode(rows[-1]["page"])["clock"]
    return all(after.get(device, 0) >= seen for device, seen in clock.counters.items())


def _page(rows: Sequence[Record], owner: UUID, entity_type: str | None) -> PullAnswer:
    page = msgspec.json.decode(rows[-1]["page"])
    found = rows[:-1]
    after = Clock(UUID(page["epoch"]), owner, entity_type, page["purges"], page["clock"])
    entities = [_entity(row) for row in found]
    if page["has_more"]:
        # Each device's last one of the page is its newest.
        after = after.raised({entity.client_id: entity.client_seq for entity in entities}.items())
    return PullAnswer(entities, vector_clock.write(after), page["has_more"])


def _entity(row: Record) -> PulledEntity:
    # By position, and the times by msgspec: by name and by isoformat, a page would cost 0.1 ms more.
    id_, entity_type, version, blob, blob_size, checksum, *times, client_id, client_seq = row[:11]
    created_at, updated_at, deleted_at = msgspec.to_builtins(times)
    return PulledEntity(
        id=id_,
        entity_type=entity_type,
        version=version,
        blob=blob,
        blob_size=blob_size,
        checksum=checksum,
        deleted=deleted_at is not None,
        created_at=created_at.replace("Z", "+00:00"),
        updated_at=updated_at.replace("Z", "+00:00"),
        deleted_at=deleted_at.replace("Z", "+00:00") if deleted_at else None,
        client_id=client_id,
        client_seq=client_seq,
    )


async def status(
    database: Database, identity: Identity, rates: Mapping[str, int], *, owner: UUID | None, digest: bool
) -> StatusAnswer:
    """Devices, counts, bytes, clock, limits and readable owners; with `digest` the integrity digests.

    `rates` are the caller's requests a minute by group. Raises NotACaregiver, and what Database.fetch raises.
    """
    rows = await database.fetch("status", identity.claims, owner, digest)
    found = msgspec.json.decode(rows[0]["status"])
    found["clock"] = vector_clock.write(
        Clock(UUID(found["epoch"]), UUID(found["owner"]), None, None, found["clock"]),
    )
    if found["digests"] is None:
        del found["digests"]
    return msgspec.convert({**found, "limits": LIMITS, "rate_limits": rates}, StatusAnswer)
