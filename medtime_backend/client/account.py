"""What the server says of this user: whose data this is, its limits, and a digest of what it holds."""

from collections.abc import Callable
from dataclasses import dataclass, field

from medtime_backend.client.messages import Status, TypeDigest
from medtime_backend.client.service import Service
from medtime_backend.client.state import DeviceState
from medtime_backend.integrity import EMPTY_DIGEST


@dataclass(frozen=True)
class Account:
    """The account of the token's user at the server; `state` learns from each answer."""

    service: Service
    device_id: str
    state: DeviceState = field(repr=False)
    save: Callable[[DeviceState], None]

    async def status(self, *, digest: bool = False) -> Status:
        """Ask for the account, and learn owner and limits. Raises SyncError: OwnerMismatchError if it is another's."""
        params = {"device_id": self.device_id} | ({"digest": "true"} if digest else {})
        status = await self.service.get("/sync/status", Status, params)
        self.state.note_owner(status.owner)
        self.state.limits = status.limits
        self.save(self.state)
        return status

    async def identify(self) -> None:
        """See to it that the owner is known, before the first pull or push. Raises SyncError."""
        if not self.state.owner:
            await self.status()

    async def differences(self) -> list[str]:
        """List the entity types of which the server's digest is not ours. Raises SyncError."""
        theirs = (await self.status(digest=True)).digests or {}
        ours = self.state.own.digests()
        none = TypeDigest(0, 0, EMPTY_DIGEST)
        return sorted(t for t in ours.keys() | theirs.keys() if ours.get(t, none) != theirs.get(t, none))
