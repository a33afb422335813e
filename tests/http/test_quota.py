"""A full account through the service: a typed refusal that stores nothing, and ways out (S44, S49, S56)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.accounts import Account, blob, entity, link, tombstone
from tests.http.problems import problem_of, stored

QUOTA = 10_000


@pytest.fixture
async def small(admin: asyncpg.Connection) -> AsyncIterator[None]:
    """The tier free holds very little. A test process has a stack of its own, and runs one test at a time."""
    set_quota = "update private.tiers set storage_bytes = $1 where tier = 'free'"
    before = await admin.fetchval("select storage_bytes from private.tiers where tier = 'free'")
    await admin.execute(set_quota, QUOTA)
    yield
    await admin.execute(set_quota, before)


async def bytes_of(user: Account) -> tuple[int, int]:
    status = (await user.http.get("/sync/status")).json()
    return status["bytes"], status["quota_bytes"]


@pytest.mark.usefixtures("small")
async def test_s44_a_push_over_the_quota_stores_nothing(user: Account, admin: asyncpg.Connection) -> None:
    first = uuid4()
    assert (await user.push("phone", entity(first, data=blob(6000)))).status_code == 200
    before = await stored(admin, user.user_id)
    refused = await user.push("phone", entity(data=blob(3000)), entity(data=blob(2000)))
    problem = problem_of(refused, 403, "quota-exceeded")
    told = (problem["quota_bytes"], problem["used_bytes"], problem["needed_bytes"], problem["retryable"])
    assert told == (QUOTA, 6000, 5000, False)
    assert "retry-after" not in refused.headers
    assert await stored(admin, user.user_id) == before
    # What fits, fits, to the last byte.
    assert (await user.push("phone", entity(data=blob(4000)))).status_code == 200
    assert await bytes_of(user) == (QUOTA, QUOTA)
    problem_of(await user.push("phone", entity(data=blob(30))), 403, "quota-exceeded")


@pytest.mark.usefixtures("small")
async def test_s49_deletions_are_taken_and_free_the_quota_at_once(user: Account) -> None:
    ids = [uuid4() for _ in range(2)]
    for id_ in ids:
        assert (await user.push("phone", entity(id_, data=blob(5000)))).status_code == 200
    assert (await user.push("phone", tombstone(ids[0], 1))).status_code == 200
    assert await bytes_of(user) == (5000, QUOTA)
    # In one push: what is deleted makes room for what is added.
    swap = await user.push("phone", tombstone(ids[1], 1), entity(data=blob(9000)))
    assert swap.status_code == 200
    assert await bytes_of(user) == (9000, QUOTA)


@pytest.mark.usefixtures("small")
async def test_s56_a_retry_at_a_full_account_is_a_success_and_grows_nothing(user: Account) -> None:
    given = entity(data=blob(QUOTA))
    answers = [await user.push("phone", given) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert await bytes_of(user) == (QUOTA, QUOTA)


@pytest.mark.usefixtures("small")
async def test_a_downgrade_leaves_everything_readable_and_can_be_emptied(
    user: Account, admin: asyncpg.Connection
) -> None:
    await admin.execute("insert into private.user_tiers (user_id, tier) values ($1, 'pro')", user.user_id)
    id_ = uuid4()
    assert (await user.push("phone", entity(id_, data=blob(50_000)))).status_code == 200
    await admin.execute("delete from private.user_tiers where user_id = $1", user.user_id)
    found, _ = await user.pull_all("tablet")
    assert [UUID(one["id"]) for one in found] == [id_]
    problem_of(await user.push("phone", entity(id_, 1, data=blob(50_001))), 403, "quota-exceeded")
    assert (await user.push("phone", entity(id_, 1, data=blob(40_000)))).status_code == 200
    assert (await user.push("phone", tombstone(id_, 2))).status_code == 200


async def test_the_status_tells_tier_quota_and_rates_and_a_caregiver_none_of_the_owners(
    user: Account, account: Callable[[], Awaitable[Account]], admin: asyncpg.Connection
) -> None:
    caregiver = await account()
    await link(admin, caregiver.user_id, user.user_id)
    own = (await user.http.get("/sync/status")).json()
    assert (own["tier"], own["quota_bytes"]) == ("free", 100_000_000)
    assert set(own["rate_limits"]) == {"sync_push", "sync_pull", "catalog", "ocr"}
    theirs = (await caregiver.http.get("/sync/status", params={"owner": str(user.user_id)})).json()
    assert (theirs["tier"], theirs["quota_bytes"]) == (None, None)
    await admin.execute("insert into private.user_tiers (user_id, tier) values ($1, 'perfect')", user.user_id)
    own = (await user.http.get("/sync/status")).json()
    assert (own["tier"], own["quota_bytes"]) == ("perfect", 10_000_000_000)
