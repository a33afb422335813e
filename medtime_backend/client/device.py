"""The life of a sync: edit locally, pull what others wrote, settle conflicts, push."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from random import SystemRandom
from typing import Final, Literal
from uuid import UUID, uuid4

import httpx

from medtime_backend.client.errors import (
    OwnerMismatchError,
    ProblemError,
    SyncError,
    UnexpectedAnswerError,
    UnknownEntityError,
    UnsettledError,
)
from medtime_backend.client.messages import Clash, Page, Problem, Push, Receipt, Status, TypeDigest
from medtime_backend.client.service import Service
from medtime_backend.client.state import (
    Conflict,
    DeviceState,
    Entity,
    Keep,
    Remote,
    Replica,
    Resolution,
)
from medtime_backend.envelope import EnvelopeError, associated_data, open_, seal
from medtime_backend.integrity import EMPTY_DIGEST

ROUNDS: Final = 10  # conflicts or fresh starts within one push or pull, each caused by somebody else's write
PAGES: Final = 100_000
UNREADABLE: Final = "unreadable"
TOO_LARGE: Final = "too-large"


def keep_both(conflict: Conflict) -> Resolution:
    """Lose nothing, ask nobody: the default. What the server has lost goes back under its own name."""
    return Keep.MINE if conflict.reason in {"unknown", "ahead"} else Keep.BOTH


def _save_nothing(_state: DeviceState) -> None:
    """Keep the state in memory only."""


@dataclass
class Device:
    """One installation of the app.

    `http` has the service's base URL. `token_source(fresh)` returns an access token, a new one if `fresh`.
    `key` is the owner's 32-byte key, `shared_keys` maps owners cared for to theirs. `owner` may be left out
    once the state knows it or `status()` has asked. Each conflict goes to `on_conflict`, each change of the
    state to `save`: what was saved last is enough to go on after a crash. All calls raise SyncError; sync,
    push and pull of one device take turns.
    """

    http: httpx.AsyncClient = field(repr=False)
    token_source: Callable[[bool], Awaitable[str]] = field(repr=False)
    device_id: str
    key: bytes = field(repr=False)
    owner: str | None = None
    state: DeviceState = field(default_factory=DeviceState, repr=False)
    _: KW_ONLY
    shared_keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    on_conflict: Callable[[Conflict], Resolution] = keep_both
    save: Callable[[DeviceState], None] = _save_nothing
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = SystemRandom().random
    format: Literal["json", "msgpack"] = "json"
    page_size: int | None = None

    def __post_init__(self) -> None:
        self._turn = asyncio.Lock()
        self._service = Service(self.http, self.token_source, self.sleep, self.random, self.format)
        if self.owner is not None:
            self._belongs_to(str(UUID(self.owner)))

    # Local work: never touches the network.

    def ids(self, owner: str | None = None) -> list[str]:
        """List the live entities of this device's user, or of an owner cared for."""
        return [entity_id for entity_id, entity in self._replica(owner).entities.items() if entity.current]

    def get(self, entity_id: str, owner: str | None = None) -> bytes | None:
        """Read an entity as last edited or pulled; None if there is none. Raises EnvelopeError."""
        entity = self._replica(owner).entities.get(entity_id)
        return self._open(entity_id, entity.entity_type, entity.current, owner) if entity else None

    def put(self, entity_type: str, plaintext: bytes, entity_id: str | None = None) -> str:
        """Add an entity, or write over a known one, whose type stays; return the id. Raises EnvelopeError."""
        entity_id = str(UUID(entity_id)) if entity_id else str(uuid4())
        known = self.state.own.entities.get(entity_id)
        entity_type = known.entity_type if known else entity_type
        self.state.write(entity_id, entity_type, self._seal(entity_id, entity_type, plaintext))
        self.save(self.state)
        return entity_id

    def edit(self, entity_id: str, plaintext: bytes) -> None:
        """Change a live entity. Raises UnknownEntityError and EnvelopeError."""
        self.put(self._live(entity_id).entity_type, plaintext, entity_id)

    def delete(self, entity_id: str) -> None:
        """Delete a live entity. Raises UnknownEntityError."""
        self.state.write(entity_id, self._live(entity_id).entity_type, b"")
        self.save(self.state)

    def _live(self, entity_id: str) -> Entity:
        entity = self.state.own.entities.get(entity_id)
        if entity is None or not entity.current:
            raise UnknownEntityError(entity_id)
        return entity

    def _replica(self, owner: str | None) -> Replica:
        if owner is None or owner == self.state.owner:
            return self.state.own
        return self.state.shared.setdefault(owner, Replica())

    def _belongs_to(self, owner: str) -> None:
        if self.state.owner not in {"", owner}:
            raise OwnerMismatchError("this device holds another user's data")
        self.state.owner = owner

    def _seal(self, entity_id: str, entity_type: str, plaintext: bytes) -> bytes:
        if not self.state.owner:
            raise OwnerMismatchError("whose data this is must be known first: give owner, or call status()")
        return seal(self.key, plaintext, associated_data(self.state.owner, entity_id, entity_type))

    def _open(self, entity_id: str, entity_type: str, blob: bytes, owner: str | None = None) -> bytes | None:
        if not blob:
            return None
        owner = owner or self.state.owner
        key = self.key if owner == self.state.owner else self.shared_keys[owner]
        return open_(key, blob, associated_data(owner, entity_id, entity_type))

    # The calls.

    async def sync(self) -> tuple[int, int]:
        """Pull, settle conflicts, push; return how many entities came and how many went."""
        async with self._turn:
            return await self._pull(None), await self._push()

    async def pull(self, owner: str | None = None) -> int:
        """Fetch what is new for this user, or for an owner cared for; return how many entities came.

        With the problem `not-a-caregiver` the copy of that owner's data is removed.
        """
        async with self._turn:
            return await self._pull(owner)

    async def push(self) -> int:
        """Send all edits; return how many were taken. Entities refused by name go to `state.rejected`.

        With the problem `quota-exceeded` what does not fit stays unsent, and deletions have gone.
        """
        async with self._turn:
            return await self._push()

    async def status(self, *, digest: bool = False) -> Status:
        """Ask for the server's account of this user; learn owner and limits from it."""
        params = {"device_id": self.device_id} | ({"digest": "true"} if digest else {})
        status = await self._service.get("/sync/status", Status, params)
        self._belongs_to(status.owner)
        self.state.limits = status.limits
        self.save(self.state)
        return status

    async def verify(self) -> list[str]:
        """Compare with the server, right after a sync; return the entity types that differ."""
        theirs = (await self.status(digest=True)).digests or {}
        ours = self.state.own.digests()
        none = TypeDigest(0, 0, EMPTY_DIGEST)
        return sorted(t for t in ours.keys() | theirs.keys() if ours.get(t, none) != theirs.get(t, none))

    # Pull.

    async def _pull(self, owner: str | None) -> int:
        if not self.state.owner:
            await self.status()
        # Without a clock too: what was pushed before the first pull may be deleted, and even purged, by now.
        if not self._replica(owner).clock:
            self._start_over(self._replica(owner))
        came = restarts = 0
        for _ in range(PAGES):
            replica = self._replica(owner)
            try:
                page = await self._page(replica, owner)
            except ProblemError as error:
                restarts += 1
                if restarts > ROUNDS:
                    raise UnsettledError("told to start over, again and again") from error
                if not await self._can_go_on(error.problem, replica, owner):
                    raise
                continue
            for row in page.entities:
                self.state.apply(replica, row)
            replica.clock = page.clock  # only now: a clock ahead of the data would lose it
            came += len(page.entities)
            if not page.has_more:
                replica.drop_unseen()
            self.save(self.state)
            if not page.has_more:
                self._settle_conflicts()
                return came
        raise UnsettledError("the feed does not end")

    async def _page(self, replica: Replica, owner: str | None) -> Page:
        limit = self.page_size or self.state.limits.entities_per_page
        params = {"device_id": self.device_id, "limit": str(limit)}
        params |= {"clock": replica.clock} if replica.clock else {}
        params |= {"owner": owner} if owner else {}
        page = await self._service.get("/sync/pull", Page, params)
        if page.has_more and page.clock == replica.clock:
            raise UnexpectedAnswerError("a page that does not advance the clock")
        return page

    async def _can_go_on(self, problem: Problem, replica: Replica, owner: str | None) -> bool:
        """Act on a refused pull; True if it can be tried again."""
        if problem.slug == "not-a-caregiver" and owner is not None:
            self.state.shared.pop(owner, None)
            self.save(self.state)
        if problem.slug != "resync-required" or not replica.clock:
            return False
        if problem.reason == "foreign":
            await self.status()  # raises if the token is of another user than the state
        self._start_over(replica, restored=problem.reason == "epoch")
        return True

    def _start_over(self, replica: Replica, *, restored: bool = False) -> None:
        # A copy of another owner's is only read: it is what the server has.
        replica.start_over(restored=restored and replica is self.state.own)
        self.save(self.state)

    # Conflicts.

    def _settle_conflicts(self) -> None:
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
        mine, other, base = (self._open(entity_id, entity.entity_type, blob) for blob in blobs)
        return Conflict(entity_id, entity.entity_type, entity.conflict_reason(theirs), mine, other, base)

    def _settle(self, conflict: Conflict, entity: Entity, theirs: Remote) -> None:
        # Deleted on both sides is no question.
        choice = Keep.THEIRS if conflict.mine is conflict.theirs is None else self.on_conflict(conflict)
        draft = entity.draft if choice is Keep.MINE else None
        if isinstance(choice, bytes):
            draft = self._seal(conflict.id, entity.entity_type, choice)
        elif choice is Keep.BOTH and conflict.mine is not None:
            copy_id = str(uuid4())
            self.state.write(copy_id, entity.entity_type, self._seal(copy_id, entity.entity_type, conflict.mine))
        self.state.settle(conflict.id, theirs, draft)

    # Push.

    async def _push(self) -> int:
        if not self.state.owner:
            await self.status()
        self._settle_conflicts()
        taken = rounds = 0
        at_most = self.state.limits.entities_per_push
        while batch := self.state.next_batch(at_most):
            self.save(self.state)  # before sending: after a crash the same bytes must go again
            clock = self.state.own.clock
            try:
                receipt = await self._service.post("/sync/push", Receipt, Push(self.device_id, batch, clock))
            except SyncError as error:
                if fewer := self._set_aside(error):
                    at_most = fewer
                    continue  # ends: less is left each time
                rounds += 1
                if rounds > ROUNDS:
                    raise UnsettledError("conflicts, again and again") from error
                if not await self._catch_up(error):
                    raise
                continue
            self._note_written(receipt, clock)
            taken += len(receipt.entities)
        self.save(self.state)  # next_batch drops what was made and deleted here
        return taken

    def _note_written(self, receipt: Receipt, clock: str) -> None:
        if {written.id for written in receipt.entities} != self.state.pending.keys():
            raise UnexpectedAnswerError("a receipt for other entities than were sent")
        for written in receipt.entities:
            self.state.accept(written.id, written.version, self.state.pending[written.id].blob)
        if clock:  # a clock given without ours knows less than the next pull will
            self.state.own.clock = receipt.clock
        self.save(self.state)

    def _set_aside(self, error: SyncError) -> int:
        """Act on a push refused for its content; return how many entities to try at once now, 0 if it was not.

        What the problem names is set aside. If it names nothing, halving finds what the rest must not wait for.
        """
        pending, problem = self.state.pending, error.problem if isinstance(error, ProblemError) else None
        too_large = error.status == httpx.codes.REQUEST_ENTITY_TOO_LARGE  # a gateway may say so without a problem
        if problem is not None and problem.slug == "quota-exceeded":
            # Nobody's fault: the edits stay. In smaller pushes, deletions and what still fits get through.
            self.state.pending = {}
            self.save(self.state)
            return len(pending) // 2
        if not too_large and (problem is None or error.status not in {400, 422}):
            return 0
        named = {str(e.id): e.reason for e in (problem.entities if problem else []) if e.id in pending}
        divisible = too_large or error.status == httpx.codes.UNPROCESSABLE_ENTITY
        if not named and divisible and len(pending) == 1:
            named = dict.fromkeys(pending, problem.slug if problem else TOO_LARGE)
        # A definite no: had an earlier try of these bytes been stored, this one would have been a success.
        self.state.pending = {}
        self.state.rejected |= named
        self.save(self.state)
        if named:
            return self.state.limits.entities_per_push
        return len(pending) // 2 if divisible else 0

    async def _catch_up(self, error: SyncError) -> bool:
        """Pull what a refused push shows to be missing here; True if it can be tried again."""
        slug = error.problem.slug if isinstance(error, ProblemError) else ""
        if isinstance(error, ProblemError) and slug == "version-conflict":
            await self._meet(error.problem.conflicts)
        elif slug == "resync-required":
            self._start_over(
                self.state.own, restored=isinstance(error, ProblemError) and error.problem.reason == "epoch"
            )
            await self._pull(None)
        return slug in {"version-conflict", "resync-required"}

    async def _meet(self, clashes: list[Clash]) -> None:
        """Bring in the other side of each conflict of a push, and settle it."""
        pending, entities = self.state.pending, self.state.own.entities
        for clash in clashes:
            item = pending.get(clash.id)
            if item and clash.server_checksum == item.checksum and clash.server_version:
                self.state.accept(clash.id, clash.server_version, item.blob)  # our own write
            elif item and clash.reason == "unknown":
                entities[clash.id].theirs = Remote()
        await self._pull(None)
        # What the feed did not bring lies below our clock, so the server lost something: start over.
        unseen = [c.id for c in clashes if c.id in pending and entities[c.id].theirs is None]
        if unseen:
            self._start_over(self.state.own, restored=True)
            await self._pull(None)
        # Kept until here: by these bytes the pull knows our own writes. Nothing of this push was written.
        self.state.pending = {}
        self.save(self.state)
