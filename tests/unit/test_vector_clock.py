"""The clock's token: what is written can be read, and nothing else can."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtime_backend import vector_clock
from medtime_backend.vector_clock import LONGEST_TOKEN, Clock, UnreadableClockError

counters = st.dictionaries(st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True), st.integers(0, 2**63 - 1))
clocks = st.builds(
    Clock,
    epoch=st.uuids(),
    owner=st.uuids(),
    entity_type=st.none() | st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True),
    purges=st.none() | st.integers(0, 2**63 - 1),
    counters=counters,
)


def clock(**counters: int) -> Clock:
    return Clock(UUID(int=1), UUID(int=2), None, None, counters)


@given(clocks)
def test_what_is_written_is_read(clock: Clock) -> None:
    token = vector_clock.write(clock)
    assert vector_clock.read(token) == clock
    assert token.isascii()
    assert not set(token) & set("+/=")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.hex()))
def test_anything_else_is_unreadable(token: str) -> None:
    with pytest.raises(UnreadableClockError):
        vector_clock.read(token)


@given(clocks, st.data())
def test_a_changed_character_is_noticed(clock: Clock, data: st.DataObject) -> None:
    token = vector_clock.write(clock)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda letter: letter != token[place]))
    try:
        found = vector_clock.read(token[:place] + other + token[place + 1 :])
    except UnreadableClockError:
        return
    # Only the last character has bits that mean nothing.
    assert place == len(token) - 1
    assert found == clock


def test_raised_keeps_the_higher_number() -> None:
    before = clock(a=5, b=5)
    assert before.raised([("a", 3), ("b", 7), ("c", 1), ("c", 4)]).counters == {"a": 5, "b": 7, "c": 4}
    assert before.counters == {"a": 5, "b": 5}
    assert before.raised([]) == before


def test_the_largest_clock_fits() -> None:
    most = Clock(uuid4(), uuid4(), "t" * 40, 2**63 - 1, {f"{n:064}": 2**63 - 1 for n in range(128)})
    assert len(vector_clock.write(most)) <= LONGEST_TOKEN
    assert vector_clock.read(vector_clock.write(most)) == most


@pytest.mark.parametrize("device", ["", "a b", "a\n", "\x00", "x" * 65, "\u00e9"])
def test_a_device_that_cannot_exist_is_unreadable(device: str) -> None:
    with pytest.raises(UnreadableClockError):
        vector_clock.read(vector_clock.write(clock(**{device: 1})))


@pytest.mark.parametrize("number", [-1, 2**63])
def test_a_number_that_cannot_be_stored_is_unreadable(number: int) -> None:
    with pytest.raises(UnreadableClockError):
        vector_clock.read(vector_clock.write(clock(a=number)))
    with pytest.raises(UnreadableClockError):
        vector_clock.read(vector_clock.write(Clock(UUID(int=1), UUID(int=2), None, number, {})))
