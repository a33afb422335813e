"""A device of the owner: the reference client, its disk, its user, and what it owes that user."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import httpx

from medtime_backend.client import Conflict, Device, DeviceState, Keep, Resolution, UnreachableError
from tests.simulation.model import Model, expect
from tests.simulation.wire import Wire

KEY = bytes(range(32))
MERGE = "merge"
Choice = Keep | Literal["merge"]


async def no_wait(_seconds: float) -> None:
    """Back off without waiting."""


@dataclass
class Backup:
    """What a restored phone begins with."""

    saved: bytes
    edits: dict[str, bytes | None]


@dataclass
class Phone:
    """`edits` are the user's last words on each entity that the server may not have; None is a deletion."""

    model: Model
    wire: Wire
    base_url: str
    token: str
    device_id: str
    format: Literal["json", "msgpack"]
    choice: Choice = Keep.BOTH
    edits: dict[str, bytes | None] = field(default_factory=dict)
    unborn: set[str] = field(default_factory=set)
    """Deleted before this device knew of any version: there may be nothing to tell the server."""
    judged: set[tuple[str, bytes | None]] = field(default_factory=set)
    owed: list[tuple[str, bytes]] = field(default_factory=list)
    saved: bytes = field(default_factory=lambda: DeviceState().dump())

    def __post_init__(self) -> None:
        self.http = httpx.AsyncClient(base_url=self.base_url, transport=self.wire)
        self.backup = Backup(self.saved, {})
        self.boot()

    def boot(self) -> None:
        """Start the app from what was saved last."""
        self.device = Device(
            self.http,
            self._token,
            self.device_id,
            KEY,
            str(self.model.owner),
            DeviceState.load(self.saved),
            on_conflict=self._judge,
            save=self._save,
            sleep=no_wait,
            random=lambda: 0.5,
            format=self.format,
        )

    async def _token(self, _fresh: bool) -> str:  # noqa: FBT001 - the client's own signature
        return self.token

    def _save(self, state: DeviceState) -> None:
        self.saved = state.dump()

    def keep_backup(self) -> None:
        self.backup = Backup(self.saved, dict(self.edits))

    def restore(self) -> None:
        """Begin again as the same device, with an old state. What was edited since is gone, and nobody's fault."""
        self.saved, self.edits, self.owed = self.backup.saved, dict(self.backup.edits), []
        self.boot()

    def write(self, entity_id: str, entity_type: str, text: bytes) -> None:
        """Edit the entity, or make it if this device knows none of that id."""
        self.device.put(entity_type, text, entity_id)
        self.unborn.discard(entity_id)
        self.edits[entity_id] = text

    def delete(self, pick: int) -> None:
        if ids := self.device.ids():
            entity_id = ids[pick % len(ids)]
            if self.device.state.own.entities[entity_id].version == 0:
                self.unborn.add(entity_id)
            self.device.delete(entity_id)
            self.edits[entity_id] = None

    async def call(self, action: str, faults: Iterable[str] = (), page_size: int | None = None) -> int:
        """Sync, push or pull; return how many entities moved. A call that the network ends is a crash of the app."""
        self.wire.faults = deque(faults)
        hopeless = len(self.wire.faults) > 0
        self.device.page_size = page_size
        moved = 0
        try:
            result = await getattr(self.device, action)()
            moved = sum(result) if isinstance(result, tuple) else result
        except UnreachableError:
            if not hopeless:
                raise
            self.boot()
        finally:
            self.wire.faults.clear()
        return moved

    def _judge(self, conflict: Conflict) -> Resolution:
        """The user chooses, after seeing both sides as they are."""
        where = (self.device_id, conflict)
        if conflict.id not in self.edits:
            # After a new epoch the user is asked about what the server may have lost, too.
            expect(conflict.mine == conflict.base, "a conflict about what was not edited", *where)
            self.edits[conflict.id] = conflict.mine
        expect(conflict.mine == self.edits[conflict.id], "a conflict that shows another edit", *where, conflict.mine)
        theirs = conflict.theirs
        expect(theirs is None or theirs in self.model.texts.values(), "a conflict with nobody", *where, theirs)
        self.judged.add((conflict.id, conflict.mine))
        if self.choice is Keep.BOTH and conflict.mine is not None:
            self.owed.append((conflict.id, conflict.mine))
        if isinstance(self.choice, Keep):
            return self.choice
        merged = b"<".join(sorted({conflict.mine or b"", theirs or b""}))
        self.edits[conflict.id] = merged
        return merged

    def account_for_edits(self) -> None:
        """Each edit is waiting, was acknowledged, or was put before the user. Raises ViolationError: silently lost."""
        entities = self.device.state.own.entities
        for entity_id, text in list(self.edits.items()):
            entity = entities.get(entity_id)
            if entity is not None and entity.draft is not None:
                continue
            gone = text is None and (entity_id in self.unborn or entity_id not in self.model.rows)
            known = gone or (entity_id, text) in self.judged or self.model.was_acked(entity_id, text)
            expect(known, "an edit was lost silently", self.device_id, entity_id, text)
            del self.edits[entity_id]
        for entity_id, text in self.owed:
            here = [i for i in self.device.ids() if i != entity_id and self.device.get(i) == text]
            there = any(i != entity_id and self.model.was_acked(i, text) for i in list(self.model.acked))
            expect(here or there, "kept both, and yet lost one", self.device_id, entity_id, text)
            self.edits |= {i: text for i in here if entities[i].draft is not None}
        self.owed.clear()

    def holds(self) -> dict[str, bytes | None]:
        """What the user sees."""
        return {entity_id: self.device.get(entity_id) for entity_id in self.device.ids()}

    def expect_clean(self) -> None:
        """Nothing is left to do. Raises ViolationError."""
        state = self.device.state
        drafts = [i for i, e in state.own.entities.items() if e.draft is not None or e.theirs is not None]
        expect(not drafts, "not settled", self.device_id, drafts)
        expect(not state.pending and not state.rejected, "left over", self.device_id, state.pending, state.rejected)
        expect(not self.edits, "edits that are nowhere", self.device_id, self.edits)
