"""The keys a device has: sealing what its user writes, opening what it may read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from medtime_backend.client.errors import OwnerMismatchError
from medtime_backend.client.state import DeviceState
from medtime_backend.envelope import associated_data, open_, seal


@dataclass(frozen=True)
class Keyring:
    """`key` is that of the state's owner, `shared_keys` maps owners cared for to theirs; 32 bytes each."""

    state: DeviceState = field(repr=False)
    key: bytes = field(repr=False)
    shared_keys: Mapping[str, bytes] = field(repr=False)

    def seal(self, entity_id: str, entity_type: str, plaintext: bytes) -> bytes:
        """Seal an entity of this device's user. Raises EnvelopeError, OwnerMismatchError while the user is unknown."""
        if not self.state.owner:
            raise OwnerMismatchError("whose data this is must be known first: give owner, or call status()")
        return seal(self.key, plaintext, associated_data(self.state.owner, entity_id, entity_type))

    def open(self, entity_id: str, entity_type: str, blob: bytes, owner: str | None = None) -> bytes | None:
        """Open a blob of this device's user, or of an owner cared for; None if it is empty. Raises EnvelopeError."""
        if not blob:
            return None
        owner = owner or self.state.owner
        key = self.key if owner == self.state.owner else self.shared_keys[owner]
        return open_(key, blob, associated_data(owner, entity_id, entity_type))
