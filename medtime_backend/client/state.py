"""What a device remembers, and how it changes: pure steps without network, clock or key.

Blobs are ciphertext here, drafts too: a retry sends the same bytes, and the state holds no cleartext.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import msgspec

from medtime_backend.client.messages import ConflictReason, Item, Limits, Row, TypeDigest
from medtime_backend.integrity import TOMBSTONE_CHECKSUM, checksum_of, digest_of

ITEM_OVERHEAD: Final = 512  # what one entity adds to a push around its blob, generously


class Keep(Enum):
    """How a conflict can be settled; a merged plaintext is the fourth way."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"  # theirs stays, mine becomes a new entity


Resolution = Keep | bytes


@dataclass(frozen=True)
class Conflict:
    """Plaintexts of an entity edited here and elsewhere: None where deleted, unknown or never synced."""

    id: str
    entity_type: str
    reason: ConflictReason
    mine: bytes | None = field(repr=False)  # cleartext belongs in no log
    theirs: bytes | None = field(repr=False)
    base: bytes | None = field(repr=False)


class Remote(msgspec.Struct):
    """The server's side of a conflict: no blob if deleted there, version 0 if unknown there."""

    version: int = 0
    checksum: str = ""
    blob: bytes = b""


class Entity(msgspec.Struct):
    """One entity: the last state of the server known here, and above it what the server does not have."""

    entity_type: str
    version: int = 0
    checksum: str = ""
    blob: bytes = b""
    draft: bytes | None = None
    """The sealed edit; empty for a deletion, None when clean."""
    theirs: Remote | None = None
    """The server's side of a conflict that is not settled yet."""
    stale: bool = False
    """Not yet seen again since the device started over."""
    doubtful: bool = False
    """The draft is no edit but the last state known, which the server may have lost in a restore."""

    @property
    def current(self) -> bytes:
        """The blob a user of this device sees; empty if deleted."""
        return self.blob if self.draft is None else self.draft

    def rebase(self, server: Remote) -> None:
        """Make the server's state the base; a draft stays, now based on it."""
        self.version, self.checksum, self.blob = server.version, server.checksum, server.blob
        self.theirs, self.stale, self.doubtful = None, False, False

    def conflict_reason(self, theirs: Remote) -> ConflictReason:
        """Name the conflict as the server would."""
        if theirs.version == 0:
            return "unknown"
        if theirs.checksum == TOMBSTONE_CHECKSUM:
            return "deleted"
        if self.version == 0:
            return "exists"
        return "ahead" if theirs.version < self.version else "stale"


class Replica(msgspec.Struct):
    """A copy of one owner's entities, and the clock up to which it is complete."""

    clock: str = ""
    entities: dict[str, Entity] = {}

    def start_over(self, *, restored: bool = False) -> None:
        """Forget the clock, and mark what has to be seen again; after a restore of the server, to be kept till then."""
        self.clock = ""
        for entity in self.entities.values():
            entity.stale = entity.version > 0
            if restored and entity.stale and entity.draft is None:
                entity.draft, entity.doubtful = entity.blob, True

    def drop_unseen(self) -> None:
        """After a whole pull from the beginning: what did not come is not on the server."""
        for entity_id, entity in list(self.entities.items()):
            if entity.stale and entity.draft is None:
                del self.entities[entity_id]
            elif entity.stale:
                entity.stale, entity.theirs = False, Remote()

    def digests(self) -> dict[str, TypeDigest]:
        """Summarise by entity type what the server should hold, if this copy is true."""
        types: dict[str, dict[str, Entity]] = {}
        for entity_id, entity in self.entities.items():
            if entity.blob:
                types.setdefault(entity.entity_type, {})[entity_id] = entity
        return {entity_type: _digest(entities) for entity_type, entities in types.items()}


class DeviceState(msgspec.Struct):
    """All a device remembers; whole after each method."""

    owner: str = ""
    own: Replica = msgspec.field(default_factory=Replica)
    shared: dict[str, Replica] = {}
    """Copies of the owners cared for; only ever read."""
    pending: dict[str, Item] = {}
    """The push that was sent and not answered yet."""
    rejected: dict[str, str] = {}
    """Entities set aside until they are edited again, with the reason."""
    limits: Limits = msgspec.field(default_factory=Limits)

    def dump(self) -> bytes:
        """Serialise; without keys and cleartext."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def load(cls, dumped: bytes) -> "DeviceState":
        """Read what `dump` wrote."""
        return msgspec.msgpack.decode(dumped, type=cls)

    def write(self, entity_id: str, entity_type: str, draft: bytes) -> None:
        """Note an edit of this device; empty for a deletion."""
        entity = self.own.entities.setdefault(entity_id, Entity(entity_type))
        entity.draft, entity.doubtful = draft, False
        self.rejected.pop(entity_id, None)  # other bytes deserve another try

    def apply(self, replica: Replica, row: Row) -> None:
        """Take one row of a page in; doing so again changes nothing."""
        entity = replica.entities.get(row.id)
        news = entity is None or entity.stale or row.version >= entity.version
        if not news:
            return  # an old page, read again
        superseded = entity is not None and entity.doubtful and row.version > entity.version
        if entity is None or entity.draft is None or superseded:
            replica.entities.pop(row.id, None)
            if not row.deleted:
                replica.entities[row.id] = Entity(row.entity_type, row.version, row.checksum, row.blob)
            return
        entity.stale = False
        sent = self.pending.get(row.id)
        if row.checksum in {checksum_of(entity.draft), sent.checksum if sent else None}:
            self.accept(row.id, row.version, row.blob)  # our own write, its answer lost
        elif (row.version, row.checksum) != (entity.version, entity.checksum):
            entity.theirs = Remote(row.version, row.checksum, row.blob)

    def accept(self, entity_id: str, version: int, blob: bytes) -> None:
        """Note that the server has `blob`, which is ours. An edit made since stays, based on it."""
        entity = self.own.entities[entity_id]
        if entity.draft == blob:
            entity.draft = None
        self._rebase(entity_id, entity, Remote(version, checksum_of(blob), blob))

    def settle(self, entity_id: str, theirs: Remote, draft: bytes | None) -> None:
        """End a conflict: `draft` goes on top of theirs, or nothing does."""
        entity = self.own.entities[entity_id]
        if draft != entity.draft:
            self.rejected.pop(entity_id, None)
        entity.draft = draft
        self._rebase(entity_id, entity, theirs)

    def _rebase(self, entity_id: str, entity: Entity, server: Remote) -> None:
        self.pending.pop(entity_id, None)
        entity.rebase(server)
        if not entity.current and not entity.blob:
            del self.own.entities[entity_id]  # deleted here and there

    def next_batch(self, at_most: int) -> list[Item]:
        """Return the push without an answer, the same bytes, or else as many edits as one push may hold.

        Deletions first: a full account takes nothing else.
        """
        if self.pending:
            return list(self.pending.values())
        room = self.limits.push_body_bytes - ITEM_OVERHEAD - len(self.own.clock)
        for entity_id, entity in sorted(self.own.entities.items(), key=lambda named: bool(named[1].draft)):
            if entity.draft is None or entity.doubtful or entity.theirs or entity_id in self.rejected:
                continue
            if not entity.draft and not entity.version:
                del self.own.entities[entity_id]  # made and deleted before the server heard of it
                continue
            room -= _size_in_push(entity.draft)
            if self.pending and (room < 0 or len(self.pending) >= at_most):
                break
            self.pending[entity_id] = Item(
                id=entity_id,
                entity_type=entity.entity_type,
                base_version=entity.version,
                blob=entity.draft,
                checksum=checksum_of(entity.draft),
                deleted=not entity.draft,
            )
        return list(self.pending.values())


def _size_in_push(blob: bytes) -> int:
    """Bytes that a blob takes in the larger of the two formats."""
    return len(blob) * 4 // 3 + ITEM_OVERHEAD


def _digest(entities: Mapping[str, Entity]) -> TypeDigest:
    states = {entity_id: (entity.version, entity.checksum) for entity_id, entity in entities.items()}
    return TypeDigest(len(states), sum(len(entity.blob) for entity in entities.values()), digest_of(states))
