"""The integrity digest: its vectors, and that following a set gives what summing it up gives."""

import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtime_backend.integrity import EMPTY_DIGEST, TOMBSTONE_CHECKSUM, Digest, checksum_of, digest_of

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "envelope_vectors.json").read_text(encoding="utf-8"))

versions = st.integers(1, 2_147_483_647)
checksums = st.binary(max_size=8).map(checksum_of)
states = st.dictionaries(st.uuids(), st.tuples(versions, checksums), max_size=12)


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["name"]) for v in VECTORS["digests"]])
def test_vectors(vector: dict[str, Any]) -> None:
    held = {entity["id"]: (entity["version"], entity["checksum"]) for entity in vector["entities"]}
    assert digest_of(held) == vector["digest"]


def test_one_entity_by_hand() -> None:
    text = f"00000000-0000-0000-0000-000000000001:3:{TOMBSTONE_CHECKSUM}"
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert digest_of({UUID(int=1): (3, TOMBSTONE_CHECKSUM)}) == expected


def test_a_tombstone_has_the_checksum_of_nothing() -> None:
    assert VECTORS["tombstone"] == {"blob": "", "checksum": TOMBSTONE_CHECKSUM}


def test_ids_count_in_their_canonical_form() -> None:
    entity_id = UUID(int=0xABCDEF)
    state = (1, TOMBSTONE_CHECKSUM)
    assert digest_of({entity_id: state}) == digest_of({str(entity_id).upper(): state})


@given(states, st.randoms(use_true_random=False))
def test_order_does_not_matter(held: dict[UUID, tuple[int, str]], random: Any) -> None:
    shuffled = list(held.items())
    random.shuffle(shuffled)
    assert digest_of(dict(shuffled)) == digest_of(held)


@given(states, states)
def test_following_changes_equals_summing_up(
    before: dict[UUID, tuple[int, str]], after: dict[UUID, tuple[int, str]]
) -> None:
    digest = Digest(digest_of(before))
    for entity_id, state in before.items():
        digest.remove(entity_id, *state)
    assert str(digest) == EMPTY_DIGEST
    for entity_id, state in after.items():
        digest.add(entity_id, *state)
    assert digest == digest_of(after)
    assert digest == Digest(digest_of(after))


@given(states.filter(bool), st.data())
def test_a_missing_an_old_and_a_changed_entity_all_show(held: dict[UUID, tuple[int, str]], data: st.DataObject) -> None:
    entity_id = data.draw(st.sampled_from(sorted(held)))
    version, checksum = held[entity_id]
    other = checksum_of(checksum.encode())
    assert digest_of({key: state for key, state in held.items() if key != entity_id}) != digest_of(held)
    assert digest_of(held | {entity_id: (version + 1, checksum)}) != digest_of(held)
    assert digest_of(held | {entity_id: (version, other)}) != digest_of(held)


def test_a_digest_is_no_key_of_a_dict() -> None:
    with pytest.raises(TypeError):
        hash(Digest())
