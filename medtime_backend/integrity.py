"""Checksums of blobs, and the digest by which a device and the server compare what they hold.

The digest is the XOR over all live entities of SHA-256("id:version:checksum"): order does not matter, and one
change costs two hashes instead of a walk over everything.
"""

import hashlib
from collections.abc import Mapping
from typing import Final, Self
from uuid import UUID

EMPTY_DIGEST: Final = "0" * 64


def checksum_of(blob: bytes) -> str:
    """Return the SHA-256 of exactly the stored bytes, in lowercase hex."""
    return hashlib.sha256(blob).hexdigest()


TOMBSTONE_CHECKSUM: Final = checksum_of(b"")


class Digest:
    """A digest that follows its set: `add` what came, `remove` what went, with the version it had then.

    Nothing remembers what is inside: adding one state twice takes it out again.
    """

    def __init__(self, value: str = EMPTY_DIGEST) -> None:
        self._value = int(value, 16)

    def add(self, entity_id: UUID | str, version: int, checksum: str) -> Self:
        """Take one live entity's state in."""
        text = f"{UUID(str(entity_id))}:{version}:{checksum}"
        self._value ^= int.from_bytes(hashlib.sha256(text.encode()).digest())
        return self

    def remove(self, entity_id: UUID | str, version: int, checksum: str) -> Self:
        """Take the state of an entity that changed or was deleted out: XOR undoes itself."""
        return self.add(entity_id, version, checksum)

    def __str__(self) -> str:
        return f"{self._value:064x}"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Digest | str) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # changes in place, so no key of a dict


def digest_of(states: Mapping[UUID, tuple[int, str]] | Mapping[str, tuple[int, str]]) -> str:
    """Return the digest of a whole mapping of id to (version, checksum), as 64 hex characters."""
    digest = Digest()
    for entity_id, (version, checksum) in states.items():
        digest.add(entity_id, version, checksum)
    return str(digest)
