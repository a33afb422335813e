"""Cases of shared threads on paging: what others lost, skipped or sent for ever (S6 to S9, S15, S36, S37, S61)."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from tests.accounts import Account, entity, link


async def fill(user: Account, amount: int, device: str = "phone") -> list[str]:
    """Push new entities in batches; their ids in order."""
    ids = [str(uuid4()) for _ in range(amount)]
    for start in range(0, amount, 100):
        answer = await user.push(device, *[entity(id_) for id_ in ids[start : start + 100]])
        assert answer.status_code == 200, answer.text
    return ids


@pytest.mark.parametrize("size", [0, 1, 49, 50, 51, 100, 101])
async def test_s7_sizes_at_the_edge_of_a_page(user: Account, size: int) -> None:
    ids = await fill(user, size)
    for limit in (1, 49, 50, 51, 100):
        found, clock = await user.pull_all("tablet", limit=limit)
        assert [one["id"] for one in found] == ids
        last = (await user.pull("tablet", clock)).json()
        assert (last["entities"], last["has_more"]) == ([], False)


async def test_s7_every_limit_gives_the_same(user: Account) -> None:
    ids = await fill(user, 101)
    for limit in range(1, 101):
        found, _ = await user.pull_all("tablet", limit=limit)
        assert [one["id"] for one in found] == ids, limit


async def test_s8_s9_a_hundred_entities_of_one_moment(user: Account) -> None:
    ids = await fill(user, 100)
    pages, clock, more = [], None, True
    while more:
        page = (await user.pull("tablet", clock, limit=30)).json()
        pages.append([one["id"] for one in page["entities"]])
        clock, more = page["clock"], page["has_more"]
    assert [len(page) for page in pages] == [30, 30, 30, 10]
    assert [id_ for page in pages for id_ in page] == ids


async def test_s6_four_thousand_entities_each_once_and_every_page_advances(user: Account) -> None:
    ids = await fill(user, 4_100)
    seen: list[str] = []
    clocks: set[str] = set()
    clock, more = None, True
    while more:
        page = (await user.pull("tablet", clock)).json()
        assert page["clock"] not in clocks
        clocks.add(page["clock"])
        seen += [one["id"] for one in page["entities"]]
        clock, more = page["clock"], page["has_more"]
    assert seen == ids


async def test_s37_an_account_of_ten_thousand(user: Account) -> None:
    ids = await fill(user, 10_000)
    found, clock = await user.pull_all("tablet", limit=100)
    assert [one["id"] for one in found] == ids
    status = (await user.http.get("/sync/status")).json()
    assert (status["entities"], status["clock"]) == (10_000, clock)


async def test_s61_a_first_sync_goes_on_after_a_failure(user: Account) -> None:
    ids = await fill(user, 230)
    found, clock = [], None
    for _ in range(2):
        page = (await user.pull("tablet", clock)).json()
        found += [one["id"] for one in page["entities"]]
        clock = page["clock"]
    # The phone died here. With the clock of its last whole page it needs only the rest.
    rest, _ = await user.pull_all("tablet", clock)
    assert found + [one["id"] for one in rest] == ids
    assert len(rest) == 130


async def test_s15_a_page_can_be_pulled_any_number_of_times(user: Account) -> None:
    await fill(user, 120)
    first = (await user.pull("tablet")).json()
    second = (await user.pull("tablet", first["clock"])).json()
    await user.push("phone", entity())
    for _ in range(5):
        assert (await user.pull("tablet")).json() == first
        assert (await user.pull("tablet", first["clock"])).json() == second


async def test_s36_a_caregiver_of_two_hundred_patients(
    user: Account, account: Callable[[], Awaitable[Account]], admin: asyncpg.Connection
) -> None:
    owner = await account()
    await admin.execute(
        """
        with people as (insert into auth.users (id) select gen_random_uuid() from generate_series(1, 199) returning id)
        insert into public.srv_family_links (supervisor_id, supervised_user_id, status)
        select $1, id, 'active' from people
        """,
        user.user_id,
    )
    await link(admin, user.user_id, owner.user_id)
    ids = await fill(owner, 60)
    assert len((await user.http.get("/sync/status")).json()["owners"]) == 200
    found, _ = await user.pull_all("caregiver", owner=str(owner.user_id))
    assert [one["id"] for one in found] == ids
