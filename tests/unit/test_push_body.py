"""Reading a push: what is read, and which entities are refused for what. tests/http has the long list."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtime_backend import errors
from medtime_backend.formats import JSON, MSGPACK, Format
from medtime_backend.integrity import TOMBSTONE_CHECKSUM
from medtime_backend.push_body import Push, read_push
from tests.accounts import entity, tombstone


def body(*entities: Any, **more: Any) -> bytes:
    return json.dumps({"device_id": "phone", "entities": entities, **more}).encode()


def refused(*entities: Any) -> errors.Problem:
    with pytest.raises(errors.Problem) as raised:
        read_push(body(*entities), JSON)
    return raised.value


def test_a_push_is_read() -> None:
    given = [entity(), entity(base_version=7), tombstone(uuid4(), 3)]
    read = read_push(body(*given, clock="abc"), JSON)
    assert (read.device_id, read.clock) == ("phone", "abc")
    assert [str(one.id) for one in read.entities] == [one["id"] for one in given]
    assert [one.base_version for one in read.entities] == [0, 7, 3]
    assert read.entities[0].blob == base64.b64decode(given[0]["blob"])


@pytest.mark.parametrize(
    "more", [{}, {"blob": ""}, {"checksum": TOMBSTONE_CHECKSUM}, {"blob": "", "checksum": TOMBSTONE_CHECKSUM}]
)
def test_a_tombstone_may_leave_out_what_is_empty(more: dict[str, str]) -> None:
    assert read_push(body(tombstone(uuid4(), 1) | more), JSON).entities[0].deleted


def test_an_id_is_read_in_any_spelling_of_its_digits() -> None:
    id_ = uuid4()
    for spelling in (str(id_), str(id_).upper(), id_.hex):
        assert read_push(body(entity(spelling)), JSON).entities[0].id == id_


def test_one_reason_has_its_own_problem_and_several_have_a_common_one() -> None:
    wrong = entity() | {"checksum": "0" * 64}
    assert type(refused(entity(), wrong, wrong | {"id": str(uuid4())})) is errors.ChecksumMismatch
    mixed = refused(wrong, entity(data=b"plain"), entity())
    assert type(mixed) is errors.InvalidEntities
    assert [(one["index"], one["reason"]) for one in mixed.facts["entities"]] == [
        *((0, "checksum-mismatch"), (1, "not-an-envelope"))
    ]


def test_a_refused_twin_makes_no_duplicate() -> None:
    """Only well-formed entities can be twins: the other is named for its own fault."""
    id_ = uuid4()
    problem = refused(entity(id_), entity(id_) | {"base_version": "x"})
    assert problem.facts["entities"] == [{"id": id_, "index": 1, "reason": "malformed-precondition"}]


def test_an_unreadable_field_hides_no_other() -> None:
    """One field that no parser reads does not cost the entity its name."""
    id_ = UUID(int=7)
    raw = body(entity(id_)).replace(b'"note"', b'"\xff"')
    with pytest.raises(errors.InvalidEntityField) as raised:
        read_push(raw, JSON)
    assert raised.value.facts["entities"] == [{"id": id_, "index": 0, "reason": "invalid-entity-field"}]


def test_an_unknown_field_is_told_before_what_else_is_wrong() -> None:
    assert type(refused(entity(extra=1) | {"base_version": "x"})) is errors.UnknownField


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["device_id", "entities", "clock", "id", "entity_type", "base_version", "blob", "deleted"])
objects = st.dictionaries(names, anything | st.lists(st.dictionaries(names, anything), max_size=3))


def read_or_refuse(raw: bytes, format_: Format) -> None:
    found: Push | errors.Problem
    try:
        found = read_push(raw, format_)
    except errors.Problem as problem:
        found = problem
    if isinstance(found, errors.Problem):
        assert 400 <= found.status < 500
        msgspec.json.encode(found.facts)


@given(anything | objects)
def test_any_value_is_read_or_refused(value: Any) -> None:
    try:
        read_or_refuse(msgspec.json.encode(value), JSON)
        read_or_refuse(msgspec.msgpack.encode(value), MSGPACK)
    except UnicodeEncodeError:
        pass  # a lone surrogate cannot be sent so


@given(st.binary(max_size=100), st.sampled_from([JSON, MSGPACK]))
def test_any_bytes_are_read_or_refused(raw: bytes, format_: Format) -> None:
    read_or_refuse(raw, format_)
