"""The limits of the sync protocol, as /sync/status tells them. The database keeps the same numbers."""

import msgspec

MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    """What one request may hold; sizes are bytes."""

    entities_per_push: int = 100
    entities_per_page: int = 100
    entities_per_page_default: int = 50
    blob_bytes: int = 1 * MIB
    push_body_bytes: int = 16 * MIB
    page_bytes: int = 8 * MIB
    devices: int = 128
    entity_types: int = 64


SMALL_BODY_BYTES = 16 * 1024
"""The body of a request that carries no entities: for a token, or of a device."""
LIMITS = Limits()
