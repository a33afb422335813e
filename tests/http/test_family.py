"""Caregivers at the service: what sharing opens and a revocation closes, over HTTP (S12, S36)."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.database.family import Person, add_owners
from tests.database.phone import phone
from tests.http.problems import problem_of

Accounts = Callable[[], Awaitable[Account]]


async def fill(user: Account, amount: int, device: str = "phone") -> list[str]:
    """Push new entities; their ids in order."""
    ids = [str(uuid4()) for _ in range(amount)]
    assert (await user.push(device, *[entity(id_) for id_ in ids])).status_code == 200
    return ids


async def share(stack: StackInfo, owner: Account, caregiver: Account) -> str:
    """Invite and accept, as the two apps do by RPC; the link's id."""
    async with phone(stack, owner.user_id) as mine, phone(stack, caregiver.user_id) as theirs:
        return str(await Person(caregiver.user_id, theirs).cares_for(Person(owner.user_id, mine)))


async def revoke(stack: StackInfo, user: Account, link: str) -> None:
    """End a link, by one of its sides."""
    async with phone(stack, user.user_id) as own:
        await own.execute("select public.srv_revoke_link($1::text::uuid)", link)


@pytest.mark.parametrize("side", ["owner", "caregiver"])
async def test_a_revocation_between_two_pages_ends_the_pull(stack: StackInfo, account: Accounts, side: str) -> None:
    owner, caregiver = await account(), await account()
    ids = await fill(owner, 90)
    owned = str(owner.user_id)
    link = await share(stack, owner, caregiver)
    pages = [(await caregiver.pull("tablet", owner=owned, limit=30)).json()]
    pages.append((await caregiver.pull("tablet", pages[0]["clock"], owner=owned, limit=30)).json())
    await revoke(stack, owner if side == "owner" else caregiver, link)
    for clock in (pages[1]["clock"], pages[0]["clock"], None):
        problem_of(await caregiver.pull("tablet", clock, owner=owned, limit=30), 403, "not-a-caregiver")
    problem_of(await caregiver.http.get("/sync/status", params={"owner": owned}), 403, "not-a-caregiver")
    # Linked again, the same clock goes on where it stopped: each entity came once.
    await share(stack, owner, caregiver)
    rest, _ = await caregiver.pull_all("tablet", pages[1]["clock"], owner=owned, limit=30)
    assert [one["id"] for page in pages for one in page["entities"]] + [one["id"] for one in rest] == ids


async def test_s12_a_late_grant_brings_the_whole_history(stack: StackInfo, account: Accounts) -> None:
    """S12: whatever was written before the link, before it was revoked, and while it was."""
    owner, caregiver = await account(), await account()
    owned = str(owner.user_id)
    first = await fill(owner, 60)
    problem_of(await caregiver.pull("tablet", owner=owned), 403, "not-a-caregiver")
    link = await share(stack, owner, caregiver)
    found, clock = await caregiver.pull_all("tablet", owner=owned, limit=25)
    assert [one["id"] for one in found] == first
    await revoke(stack, owner, link)
    second = await fill(owner, 60, "watch")
    problem_of(await caregiver.pull("tablet", clock, owner=owned), 403, "not-a-caregiver")
    await share(stack, owner, caregiver)
    assert [one["id"] for one in (await caregiver.pull_all("tablet", clock, owner=owned))[0]] == second
    assert [one["id"] for one in (await caregiver.pull_all("other", owner=owned))[0]] == [*first, *second]


async def test_two_owners_and_two_caregivers(stack: StackInfo, account: Accounts) -> None:
    ana, bea, carl, dora = [await account() for _ in range(4)]
    written = {owner.user_id: await fill(owner, 3) for owner in (ana, bea)}
    links = {
        (owner.user_id, caregiver.user_id): await share(stack, owner, caregiver)
        for owner, caregiver in ((ana, carl), (ana, dora), (bea, dora))
    }

    async def look() -> None:
        for owner in (ana, bea):
            for caregiver in (carl, dora, ana, bea):
                answer = await caregiver.pull("tablet", owner=str(owner.user_id))
                if caregiver is owner or (owner.user_id, caregiver.user_id) in links:
                    assert [one["id"] for one in answer.json()["entities"]] == written[owner.user_id]
                else:
                    problem_of(answer, 403, "not-a-caregiver")
        for caregiver in (carl, dora):
            owners = (await caregiver.http.get("/sync/status")).json()["owners"]
            assert set(owners) == {str(owner) for owner, one in links if one == caregiver.user_id}

    await look()
    # What ends for one pair ends for no other.
    await revoke(stack, ana, links.pop((ana.user_id, dora.user_id)))
    await look()
    await revoke(stack, dora, links.pop((bea.user_id, dora.user_id)))
    await look()


async def test_a_caregiver_pushes_into_their_own_account(stack: StackInfo, account: Accounts) -> None:
    owner, caregiver = await account(), await account()
    (id_,) = await fill(owner, 1)
    await share(stack, owner, caregiver)
    refused = problem_of(await caregiver.push("tablet", entity(id_, 1)), 409, "version-conflict")
    assert [one["reason"] for one in refused["conflicts"]] == ["unknown"]
    answer = await caregiver.push("tablet", entity(id_), owner=str(owner.user_id))
    assert answer.status_code == 400
    assert (await caregiver.push("tablet", entity(id_))).status_code == 200
    (kept,) = (await owner.pull("phone")).json()["entities"]
    assert (kept["id"], kept["version"], kept["client_id"]) == (id_, 1, "phone")


async def test_s36_a_caregiver_of_two_hundred_owners_pulls_from_each(
    stack: StackInfo, account: Accounts, admin: asyncpg.Connection
) -> None:
    """S36: the first and the last who were added are read like the others."""
    caregiver = await account()
    written = {}
    for more in (0, 98, 98, 0):
        await add_owners(admin, caregiver.user_id, more)
        owner = await account()
        written[str(owner.user_id)] = await fill(owner, 3)
        await share(stack, owner, caregiver)
    owners = (await caregiver.http.get("/sync/status")).json()["owners"]
    assert len(owners) == 200
    assert set(owners) > set(written)
    for owned in owners:
        found, _ = await caregiver.pull_all("tablet", owner=owned)
        assert [one["id"] for one in found] == written.get(owned, [])
