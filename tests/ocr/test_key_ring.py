"""Rings of keys: rotation with overlap, and what cannot be one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from medtime_backend.ocr.key_ring import (
    ACCEPTED_DAYS,
    LONGEST_DAYS,
    PUBLISHED_DAYS,
    SUITE_NAMES,
    KeyRingError,
    PublicRing,
    new_pair,
    read_pairs,
    renewed,
    write_ring,
)
from medtime_backend.ocr.sealing_keys import SealSuite

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
RING = write_ring(renewed((), NOON))


def changed(**members: Any) -> str:
    ring = json.loads(RING)
    ring["keys"][0] |= members
    return json.dumps(ring)


def stamp(moment: datetime) -> str:
    return moment.isoformat()


def test_a_ring_comes_back_as_it_was_written() -> None:
    pairs = read_pairs(RING)
    assert [pair.suite for pair in pairs] == [SUITE_NAMES[suite] for suite in SealSuite]
    assert write_ring(pairs) == RING


def test_the_public_ring_holds_nothing_private() -> None:
    pairs = read_pairs(RING)
    assert not any(str(pair.private_key) in repr(PublicRing.read(RING)) for pair in pairs)


def test_keys_overlap() -> None:
    first = renewed((), NOON)
    later = NOON + timedelta(days=PUBLISHED_DAYS - 1)
    both = renewed(first, later)
    ring = PublicRing.read(write_ring(both))
    assert len(both) == 4
    # The newest is offered first; both are published for a day, and the old one is accepted for a week more.
    assert [key.published_from for key in ring.published(later)] == [later, later, NOON, NOON]
    over = NOON + timedelta(days=PUBLISHED_DAYS, seconds=1)
    assert len(ring.published(over)) == 2
    assert ring.accepted(first[0].id, over) is not None
    gone = over + timedelta(days=ACCEPTED_DAYS)
    assert ring.accepted(first[0].id, gone) is None
    assert len(renewed(both, gone)) == 4
    assert ring.accepted(first[0].id, NOON - timedelta(seconds=1)) is None
    assert ring.accepted("00" * 8, NOON) is None


def test_used_ids_are_kept_longer_than_a_key_is_accepted() -> None:
    pair = new_pair(SealSuite.X25519, NOON)
    assert pair.accepted_until - NOON < timedelta(days=30)


def test_a_key_that_lives_too_long_is_told_by_its_id() -> None:
    until = stamp(NOON + timedelta(days=30))
    key_id = json.loads(RING)["keys"][0]["id"]
    for read in (PublicRing.read, read_pairs):
        with pytest.raises(KeyRingError, match=key_id):
            read(changed(accepted_until=until))
    assert PublicRing.read(changed(accepted_until=stamp(NOON + timedelta(days=30, seconds=-1))))


@pytest.mark.parametrize("days", [0, -1, LONGEST_DAYS + 1, 10**6, 10**12])
def test_no_key_is_made_that_lives_too_long(days: int) -> None:
    with pytest.raises(KeyRingError, match=f"1 to {LONGEST_DAYS} days"):
        renewed((), NOON, days)
    assert PublicRing.read(write_ring(renewed((), NOON, LONGEST_DAYS)))


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        ("", "no key ring"),
        ("secret", "no key ring"),
        ('{"keys": 5}', "no key ring"),
        (changed(id="secret"), "id that is none"),
        (changed(suite="rsa"), "unknown suite"),
        (changed(public_key="c2VjcmV0"), "public key of"),
        (changed(published_until="2020-01-01T00:00:00Z"), "not in order"),
        (changed(published_until="2026-12-01T00:00:00"), "no time zone"),
        (json.dumps({"keys": json.loads(RING)["keys"] * 2}), "two keys of one id"),
        (changed(accepted_until=stamp(NOON + timedelta(days=30))), "is accepted for 30 days"),
        (changed(published_from=stamp(NOON - timedelta(days=2))), "is accepted for 30 days"),
    ],
)
def test_what_is_no_ring(ring: str, said: str) -> None:
    with pytest.raises(KeyRingError, match=said) as caught:
        PublicRing.read(ring)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("private", ["AAAA", "A" * 43 + "="])
def test_halves_that_do_not_belong_together(private: str) -> None:
    with pytest.raises(KeyRingError, match="do not belong together"):
        read_pairs(changed(private_key=private))


def test_a_public_ring_is_no_ring_to_open_with() -> None:
    ring = json.loads(RING)
    for key in ring["keys"]:
        del key["private_key"]
    assert PublicRing.read(json.dumps(ring)).keys
    with pytest.raises(KeyRingError, match="private half"):
        read_pairs(json.dumps(ring))
