"""One installation of the app: edits at once and without a network, and the calls that bring both sides in step."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from random import SystemRandom
from typing import Literal
from uuid import UUID, uuid4

import httpx

from medtime_backend.client.account import Account
from medtime_backend.client.conflicts import Conflict, Resolution, keep_both
from medtime_backend.client.errors import UnknownEntityError
from medtime_backend.client.keyring import Keyring
from medtime_backend.client.messages import Status
from medtime_backend.client.pulling import Pulling
from medtime_backend.client.pushing import Pushing
from medtime_backend.client.replica import Entity
from medtime_backend.client.service import Service
from medtime_backend.client.settling import Settling
from medtime_backend.client.state import DeviceState


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
            self.state.note_owner(str(UUID(self.owner)))

    # Local work: never touches the network.

    def ids(self, owner: str | None = None) -> list[str]:
        """List the live entities of this device's user, or of an owner cared for."""
        return [entity_id for entity_id, entity in self.state.replica(owner).entities.items() if entity.current]

    def get(self, entity_id: str, owner: str | None = None) -> bytes | None:
        """Read an entity as last edited or pulled; None if there is none. Raises EnvelopeError."""
        entity = self.state.replica(owner).entities.get(entity_id)
        return self._keyring().open(entity_id, entity.entity_type, entity.current, owner) if entity else None

    def put(self, entity_type: str, plaintext: bytes, entity_id: str | None = None) -> str:
        """Add an entity, or write over a known one, whose type stays; return the id. Raises EnvelopeError."""
        entity_id = str(UUID(entity_id)) if entity_id else str(uuid4())
        known = self.state.own.entities.get(entity_id)
        entity_type = known.entity_type if known else entity_type
        self.state.write(entity_id, entity_type, self._keyring().seal(entity_id, entity_type, plaintext))
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

    # The calls.

    async def sync(self) -> tuple[int, int]:
        """Pull, settle conflicts, push; return how many entities came and how many went."""
        async with self._turn:
            return await self._pulling().pull(), await self._pushing().push()

    async def pull(self, owner: str | None = None) -> int:
        """Fetch what is new for this user, or for an owner cared for; return how many entities came.

        With the problem `not-a-caregiver` the copy of that owner's data is removed.
        """
        async with self._turn:
            return await self._pulling().pull(owner)

    async def push(self) -> int:
        """Send all edits; return how many were taken. Entities refused by name go to `state.rejected`.

        With the problem `quota-exceeded` what does not fit stays unsent, and deletions have gone.
        """
        async with self._turn:
            return await self._pushing().push()

    async def status(self, *, digest: bool = False) -> Status:
        """Ask for the server's account of this user; learn owner and limits from it."""
        return await self._account().status(digest=digest)

    async def verify(self) -> list[str]:
        """Compare with the server, right after a sync; return the entity types that differ."""
        return await self._account().differences()

    # Who does the work. Made anew for each call: an app may give the fields other values in between.

    def _keyring(self) -> Keyring:
        return Keyring(self.state, self.key, self.shared_keys)

    def _account(self) -> Account:
        return Account(self._service, self.device_id, self.state, self.save)

    def _settling(self) -> Settling:
        return Settling(self.state, self.save, self._keyring(), self.on_conflict)

    def _pulling(self) -> Pulling:
        account, settling = self._account(), self._settling()
        return Pulling(self._service, self.device_id, self.page_size, self.state, self.save, account, settling)

    def _pushing(self) -> Pushing:
        account, settling, pulling = self._account(), self._settling(), self._pulling()
        return Pushing(self._service, self.device_id, self.state, self.save, account, settling, pulling)
