"""A device's copy of one owner's entities: of each, the server's last known state and the edit above it.

Blobs are ciphertext here, drafts too: a retry sends the same bytes, and the copy holds no cleartext.
"""

from collections.abc import Mapping

import msgspec

from medtime_backend.client.messages import ConflictReason, TypeDigest
from medtime_backend.integrity import TOMBSTONE_CHECKSUM, digest_of


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


def _digest(entities: Mapping[str, Entity]) -> TypeDigest:
    states = {entity_id: (entity.version, entity.checksum) for entity_id, entity in entities.items()}
    return TypeDigest(len(states), sum(len(entity.blob) for entity in entities.values()), digest_of(states))
