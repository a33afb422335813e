"""An answer as bytes, with all that HTTP says of it, worked out once."""

import hashlib
from typing import Self

import msgspec

from medtime_backend import formats

NOTHING = b"null"
"""The body that stands for: there is no such thing."""


class Answer(msgspec.Struct, frozen=True):
    """`body` is JSON; `packed` the same in gzip where that is worth it; `tag` its weak ETag."""

    body: bytes
    packed: bytes | None
    tag: str

    @classmethod
    def of(cls, body: bytes) -> Self:
        """The answer of this body."""
        packed = formats.compress(body) if len(body) > formats.GZIP_ABOVE else None
        return cls(body, packed, f'W/"{hashlib.sha256(body).hexdigest()[:32]}"')

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.body) + len(self.packed or b"")
