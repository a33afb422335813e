"""Settling conflicts: what the pull found edited on both sides, decided by the app."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from medtime_backend.client.conflicts import Conflict, Keep, Resolution
from medtime_backend.client.keyring import Keyring
from medtime_backend.client.replica import Entity, Remote
from medtime_backend.client.state import DeviceState
from medtime_backend.envelope import EnvelopeError

UNREADABLE: Final = "unreadable"


@dataclass(frozen=True)
class Settling:
    """Asks `on_conflict` about each conflict in `state`, and notes the outcome there."""

    state: DeviceState = field(repr=False)
    save: Callable[[DeviceState], None]
    keyring: Keyring
    on_conflict: Callable[[Conflict], Resolution]

    def settle_all(self) -> None:
        """Hand each conflict to the callback. One that cannot be read is set aside and holds up no other."""
        for entity_id, entity in list(self.state.own.entities.items()):
            if entity.theirs is None or self.state.rejected.get(entity_id) == UNREADABLE:
                continue
            try:
                conflict = self._conflict(entity_id, entity, entity.theirs)
            except EnvelopeError:
                self.state.rejected[entity_id] = UNREADABLE
            else:
                self._settle(conflict, entity, entity.theirs)
            self.save(self.state)

    def _conflict(self, entity_id: str, entity: Entity, theirs: Remote) -> Conflict:
        blobs = (entity.draft or b"", theirs.blob, entity.blob)
        mine, other, base = (self.keyring.open(entity_id, entity.entity_type, blob) for blob in blobs)
        return Conflict(entity_id, entity.entity_type, entity.conflict_reason(theirs), mine, other, base)

    def _settle(self, conflict: Conflict, entity: Entity, theirs: Remote) -> None:
        # Deleted on both sides is no question.
        choice = Keep.THEIRS if conflict.mine is conflict.theirs is None else self.on_conflict(conflict)
        draft = entity.draft if choice is Keep.MINE else None
        if isinstance(choice, bytes):
            draft = self.keyring.seal(conflict.id, entity.entity_type, choice)
        elif choice is Keep.BOTH and conflict.mine is not None:
            copy_id = str(uuid4())
            self.state.write(copy_id, entity.entity_type, self.keyring.seal(copy_id, entity.entity_type, conflict.mine))
        self.state.settle(conflict.id, theirs, draft)
