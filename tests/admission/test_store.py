"""Every store gives the same answers: exact windows, sessions that are read once and end at once."""

import asyncio
from uuid import uuid4

from medtime_backend.admission.in_process import InProcessStore
from medtime_backend.admission.shared import SharedStore
from medtime_backend.admission.terms import (
    Admitted,
    ClosedSession,
    Full,
    Reading,
    SessionKey,
    UnknownSession,
    Window,
)

Store = InProcessStore | SharedStore


def window(limit: int, group: str = "sync_push", holder: str = "") -> Window:
    return Window(group, holder or str(uuid4()), limit)


def session() -> SessionKey:
    return SessionKey(uuid4(), uuid4())


def window_of(one: SessionKey, limit: int) -> Window:
    """A window of the session's user: on a cluster, both lie on one node."""
    return window(limit, holder=str(one.user_id))


async def sign_in(store: Store, one: SessionKey, state: str = "live") -> None:
    asked = await store.admit((), one)
    assert isinstance(asked, UnknownSession)
    await store.admit((), one, (), Reading(state, asked.generation))


async def test_a_window_holds_exactly_its_limit(store: Store) -> None:
    asked = window(10)
    answers = await asyncio.gather(*(store.admit([asked]) for _ in range(50)))
    admitted = [answer for answer in answers if isinstance(answer, Admitted)]
    assert sorted(answer.remaining for answer in admitted) == list(range(10))
    assert all(0 < answer.reset <= 60 for answer in admitted)
    refused = [answer for answer in answers if isinstance(answer, Full)]
    assert len(refused) == 40
    assert {answer.window for answer in refused} == {asked}
    assert all(0 < answer.reset <= 60 for answer in refused)


async def test_holders_and_groups_do_not_share(store: Store) -> None:
    first = window(1)
    assert isinstance(await store.admit([first]), Admitted)
    assert isinstance(await store.admit([first]), Full)
    assert isinstance(await store.admit([window(1, "sync_pull", first.holder)]), Admitted)
    assert isinstance(await store.admit([window(1)]), Admitted)


async def test_of_several_windows_none_counts_a_refused_request(store: Store) -> None:
    wide = window(3, "address", "192.0.2.1" + uuid4().hex)
    narrow = window(1, "sign_in", wide.holder)
    assert isinstance(await store.admit([wide, narrow]), Admitted)
    for _ in range(5):
        full = await store.admit([wide, narrow])
        assert isinstance(full, Full)
        assert full.window == narrow
    left = await store.admit([wide])
    assert isinstance(left, Admitted)
    assert left.remaining == 1


async def test_a_session_is_asked_for_once(store: Store) -> None:
    one = session()
    user = window_of(one, 10)
    asked = await store.admit((), one, [user])
    assert isinstance(asked, UnknownSession)
    first = await store.admit((), one, [user], Reading("live", asked.generation))
    assert isinstance(first, Admitted)
    assert first.remaining == 9
    again = await store.admit((), one, [user])
    assert isinstance(again, Admitted)
    assert again.remaining == 8


async def test_a_session_that_is_not_live_counts_nothing(store: Store) -> None:
    one = session()
    user = window_of(one, 10)
    await sign_in(store, one, "banned")
    for _ in range(3):
        assert await store.admit((), one, [user]) == ClosedSession("banned")
    left = await store.admit([user])
    assert isinstance(left, Admitted)
    assert left.remaining == 9


async def test_a_session_of_another_user_is_another(store: Store) -> None:
    one = session()
    await sign_in(store, one)
    assert isinstance(await store.admit((), SessionKey(uuid4(), one.session_id)), UnknownSession)


async def test_ended_sessions_end_at_once(store: Store) -> None:
    user = uuid4()
    phone, tablet, watch = (SessionKey(user, uuid4()) for _ in range(3))
    stranger = session()

    async def known() -> list[bool]:
        return [isinstance(await store.admit((), one), Admitted) for one in (phone, tablet, watch, stranger)]

    for one in (phone, tablet, watch, stranger):
        await sign_in(store, one)
    await store.end_sessions(phone, "local")
    assert await known() == [False, True, True, True]
    await sign_in(store, phone)
    await store.end_sessions(phone, "others")
    assert await known() == [True, False, False, True]
    await sign_in(store, tablet)
    await store.end_sessions(tablet, "global")
    assert await known() == [False, False, False, True]


async def test_what_was_read_before_the_end_does_not_bring_it_back(store: Store) -> None:
    one = session()
    asked = await store.admit((), one)
    assert isinstance(asked, UnknownSession)
    # The database is asked; meanwhile the session ends.
    await store.end_sessions(one, "local")
    late = await store.admit((), one, (), Reading("live", asked.generation))
    assert isinstance(late, UnknownSession)
    assert await store.admit((), one, (), Reading("ended", late.generation)) == ClosedSession("ended")


async def test_an_address_counts_even_those_refused_for_their_user(store: Store) -> None:
    one = session()
    user = window_of(one, 1)
    address = window(5, "address", "192.0.2.2" + uuid4().hex)
    await sign_in(store, one)
    assert isinstance(await store.admit([address], one, [user]), Admitted)
    for _ in range(3):
        full = await store.admit([address], one, [user])
        assert isinstance(full, Full)
        assert full.window == user
    left = await store.admit([address])
    assert isinstance(left, Admitted)
    assert left.remaining == 0


async def test_a_full_address_costs_the_user_nothing(store: Store) -> None:
    one = session()
    user = window_of(one, 10)
    address = window(1, "address", "192.0.2.3" + uuid4().hex)
    await sign_in(store, one)
    await store.admit([address], one, [user])
    for _ in range(4):
        full = await store.admit([address], one, [user])
        assert isinstance(full, Full)
        assert full.window == address
    left = await store.admit((), one, [user])
    assert isinstance(left, Admitted)
    assert left.remaining == 8


async def test_others_may_sign_out_as_often_as_they_like(store: Store) -> None:
    one = session()
    asked = await store.admit((), one)
    assert isinstance(asked, UnknownSession)
    for _ in range(5):
        await store.end_sessions(session(), "global")
    assert isinstance(await store.admit((), one, (), Reading("live", asked.generation)), Admitted)


async def test_a_reading_of_another_store_is_not_taken(store: Store) -> None:
    one = session()
    asked = await store.admit((), one)
    assert isinstance(asked, UnknownSession)
    other = InProcessStore(45)
    begun = await other.admit((), one)
    assert isinstance(begun, UnknownSession)
    if isinstance(store, SharedStore):
        assert begun.generation != asked.generation
        assert isinstance(await store.admit((), one, (), Reading("live", begun.generation)), UnknownSession)
        assert isinstance(await other.admit((), one, (), Reading("live", asked.generation)), UnknownSession)
