"""Where a user's devices are woken: from identity and request to one SQL function each."""

from medtime_backend.database import Database
from medtime_backend.identity import Identity
from medtime_backend.schemas.devices import PushDevice


async def register(database: Database, identity: Identity, device_id: str, device: PushDevice) -> None:
    """Wake this device of the caller at this address from now on, and at no other.

    Raises InvalidField for what is no address of its platform, UnknownUser, and what Database.fetch raises.
    """
    address = (device.platform, device.token, device.environment)
    await database.fetch("register_push_device", identity.claims, device_id, *address)


async def remove(database: Database, identity: Identity, device_id: str) -> None:
    """Wake this device of the caller no more; also when there is none. Raises what Database.fetch raises."""
    await database.fetch("remove_push_device", identity.claims, device_id)
