"""The keys that images are sealed to: several, each with its times, so that a new one overlaps the old.

A ring is JSON, `{"keys": [{id, suite, public_key, private_key, published_from, published_until, accepted_until}]}`. All
instances share one. A key is published until its time is over, and accepted for some days longer.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Self

import msgspec

from medtime_backend.ocr.sealing import KEY_ID_BYTES
from medtime_backend.ocr.sealing_keys import SEED_BYTES, PublicKey, SealSuite, SecretKey

PUBLISHED_DAYS: Final = 21
ACCEPTED_DAYS: Final = 7
"""How much longer a key is accepted."""
USED_IDS_DAYS: Final = 30
"""How long used request ids are kept (docs/cleanup.md). A key that lived as long would have an old image read again."""
LONGEST_DAYS: Final = USED_IDS_DAYS - ACCEPTED_DAYS - 1
"""The most days that a key may be published, so that it is not accepted for as long as that."""
SuiteName = Literal["x25519-hkdf-sha256-aes-256-gcm", "mlkem768-x25519-hkdf-sha256-aes-256-gcm"]
SUITE_NAMES: Final[dict[SealSuite, SuiteName]] = {
    SealSuite.X25519: "x25519-hkdf-sha256-aes-256-gcm",
    SealSuite.MLKEM768_X25519: "mlkem768-x25519-hkdf-sha256-aes-256-gcm",
}
SUITES: Final[dict[str, SealSuite]] = {name: suite for suite, name in SUITE_NAMES.items()}


class KeyRingError(ValueError):
    """A key ring that cannot be used. The text holds nothing of it but a key's id."""


class PublishedKey(msgspec.Struct, frozen=True):
    """The public half of a key, and its times. What else a ring says of it is not read."""

    id: str
    suite: str
    public_key: bytes
    published_from: datetime
    published_until: datetime
    accepted_until: datetime

    @property
    def key(self) -> PublicKey:
        """The key itself."""
        return PublicKey(SUITES[self.suite], self.public_key)


class KeyPair(PublishedKey, frozen=True):
    """A key with its private half."""

    private_key: bytes

    @property
    def secret(self) -> SecretKey:
        """The private key itself."""
        return SecretKey(SUITES[self.suite], self.private_key)


class _Pairs(msgspec.Struct, frozen=True):
    keys: tuple[KeyPair, ...]


class PublicRing(msgspec.Struct, frozen=True):
    """The public halves of a ring: all that the service itself keeps."""

    keys: tuple[PublishedKey, ...]

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """Read a ring, without its private halves. Raises KeyRingError."""
        try:
            ring = msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise KeyRingError("it is no key ring: `medtime keys new ocr` makes one") from None
        for key in ring.keys:
            _check(key)
        if len({key.id for key in ring.keys}) != len(ring.keys):
            raise KeyRingError("it has two keys of one id")
        return ring

    def published(self, now: datetime) -> list[PublishedKey]:
        """The keys to seal to: the newest of each suite first."""
        live = [key for key in self.keys if key.published_from <= now < key.published_until]
        return sorted(live, key=lambda key: key.published_from, reverse=True)

    def accepted(self, key_id: str, now: datetime) -> PublishedKey | None:
        """The key of this id, while images sealed to it are still read."""
        return next(
            (key for key in self.keys if key.id == key_id and key.published_from <= now < key.accepted_until), None
        )


def read_pairs(text: str | bytes) -> tuple[KeyPair, ...]:
    """The keys with their private halves. Raises KeyRingError."""
    PublicRing.read(text)
    try:
        pairs = msgspec.json.decode(text, type=_Pairs).keys
    except msgspec.MsgspecError:
        raise KeyRingError("it has a key without its private half") from None
    for pair in pairs:
        if len(pair.private_key) != SEED_BYTES or pair.secret.public() != pair.key:
            raise KeyRingError(f"the halves of {pair.id} do not belong together")
    return pairs


def new_pair(suite: SealSuite, now: datetime, days: int = PUBLISHED_DAYS) -> KeyPair:
    """A new key of a suite, published from now on for so many days. Raises KeyRingError for more than LONGEST_DAYS."""
    if not 1 <= days <= LONGEST_DAYS:
        raise KeyRingError(f"a key is published for 1 to {LONGEST_DAYS} days")
    secret = SecretKey(suite, os.urandom(SEED_BYTES))
    from_ = now.astimezone(UTC).replace(microsecond=0)
    until = from_ + timedelta(days=days)
    return KeyPair(
        id=os.urandom(KEY_ID_BYTES).hex(),
        suite=SUITE_NAMES[suite],
        public_key=secret.public().raw,
        private_key=secret.seed,
        published_from=from_,
        published_until=until,
        accepted_until=until + timedelta(days=ACCEPTED_DAYS),
    )


def renewed(pairs: tuple[KeyPair, ...], now: datetime, days: int = PUBLISHED_DAYS) -> tuple[KeyPair, ...]:
    """The ring with a new key of each suite, and without the keys that are not accepted any more.

    Raises KeyRingError for more than LONGEST_DAYS.
    """
    kept = tuple(pair for pair in pairs if now < pair.accepted_until)
    return (*kept, *(new_pair(suite, now, days) for suite in SealSuite))


def write_ring(pairs: tuple[KeyPair, ...]) -> str:
    """The ring as text, private halves included."""
    return msgspec.json.format(msgspec.json.encode(_Pairs(pairs)), indent=2).decode()


def _check(key: PublishedKey) -> None:
    if key.suite not in SUITES or not _is_id(key.id):
        raise KeyRingError("it has a key of an unknown suite, or with an id that is none")
    try:
        key.key.loaded()
    except ValueError:
        raise KeyRingError(f"the public key of {key.id} is none") from None
    times = (key.published_from, key.published_until, key.accepted_until)
    if any(moment.tzinfo is None for moment in times) or not times[0] < times[1] <= times[2]:
        raise KeyRingError(f"the times of {key.id} are not in order, or have no time zone")
    if times[2] - times[0] >= timedelta(days=USED_IDS_DAYS):
        raise KeyRingError(
            f"{key.id} is accepted for {USED_IDS_DAYS} days or more, when used request ids are forgotten:"
            " an image could be read twice"
        )


def _is_id(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == KEY_ID_BYTES and text == text.lower() and " " not in text
    except ValueError:
        return False
