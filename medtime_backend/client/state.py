"""What a device remembers, and how it changes: pure steps without network, clock or key."""

from typing import Final

import msgspec

from medtime_backend.client.errors import OwnerMismatchError
from medtime_backend.client.messages import Item, Limits, Row
from medtime_backend.client.replica import Entity, Remote, Replica
from medtime_backend.integrity import checksum_of

ITEM_OVERHEAD: Final = 512  # what one entity adds to a push around its blob, generously


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

    def note_owner(self, owner: str) -> None:
        """Note whose data this is. Raises OwnerMismatchError if it is another user's."""
        if self.owner not in {"", owner}:
            raise OwnerMismatchError("this device holds another user's data")
        self.owner = owner

    def replica(self, owner: str | None) -> Replica:
        """Return the copy of this device's user, or of an owner cared for, which begins empty."""
        if owner is None or owner == self.owner:
            return self.own
        return self.shared.setdefault(owner, Replica())

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
