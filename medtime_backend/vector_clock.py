"""The vector clock as clients see it: an opaque token. Pure; the database decides what is news to it.

A token is base64url of MessagePack [format, epoch, owner, entity_type, purges, {device: client_seq}] and a CRC-32
of it. It is not signed: whoever forges one only misleads their own device.
"""

import base64
import binascii
import zlib
from collections.abc import Iterable, Mapping
from typing import Annotated
from uuid import UUID

import msgspec

from medtime_backend.schemas.sync import DeviceId

FORMAT = 1
LONGEST_TOKEN = 32 * 1024

Counter = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class UnreadableClockError(ValueError):
    """A token that no server of this protocol has given: cut short, random, or of a later format."""


class Clock(msgspec.Struct, array_like=True, frozen=True):
    """What a device knows of an owner: everything up to `counters[device]` of each device.

    `purges` is set while a first pull is under way: how often the owner's tombstones had been purged when it began.
    """

    epoch: UUID
    owner: UUID
    entity_type: str | None
    purges: int | None
    counters: Mapping[str, Counter]

    def raised(self, dots: Iterable[tuple[str, int]]) -> "Clock":
        """The clock that knows these dots (device, client_seq) too."""
        counters = dict(self.counters)
        for device, seq in dots:
            counters[device] = max(seq, counters.get(device, 0))
        return msgspec.structs.replace(self, counters=counters)


class _Token(msgspec.Struct, array_like=True, frozen=True):
    format: int
    epoch: bytes
    owner: bytes
    entity_type: str | None
    purges: Counter | None
    counters: dict[DeviceId, Counter]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Token)


def write(clock: Clock) -> str:
    """The token of a clock: base64url without padding, about 45 bytes a device."""
    body = _encoder.encode(
        _Token(
            FORMAT,
            clock.epoch.bytes,
            clock.owner.bytes,
            clock.entity_type,
            clock.purges,
            dict(clock.counters),
        ),
    )
    return base64.urlsafe_b64encode(body + zlib.crc32(body).to_bytes(4)).rstrip(b"=").decode()


def read(token: str) -> Clock:
    """The clock of a token. Raises UnreadableClockError for anything that `write` has not made."""
    if not token or len(token) > LONGEST_TOKEN or "=" in token:
        raise UnreadableClockError
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        body, check = raw[:-4], raw[-4:]
        if zlib.crc32(body).to_bytes(4) != check:
            raise UnreadableClockError
        found = _decoder.decode(body)
        if found.format != FORMAT:
            raise UnreadableClockError
        return Clock(UUID(bytes=found.epoch), UUID(bytes=found.owner), found.entity_type, found.purges, found.counters)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as fault:
        raise UnreadableClockError from fault
