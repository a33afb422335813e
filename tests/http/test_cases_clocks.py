"""Cases of shared threads on clocks: late commits, foreign cursors, echoes (S1-S3, S5, S11-S19, S33, S40, S50, S62)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from medtime_backend import vector_clock
from medtime_backend.errors import PROBLEM_BASE
from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.accounts import Account, blob, claims_of, entity, link, tombstone
from tests.database.phone import PUSH


def resync_reason(answer: object) -> str:
    """The reason of a 410, which must tell what to do."""
    assert answer.status_code == 410, answer.text  # type: ignore[attr-defined] # an httpx answer
    body = answer.json()  # type: ignore[attr-defined] # an httpx answer
    assert body["type"].endswith("/resync-required")
    assert "without a clock" in body["detail"]
    return str(body["reason"])


async def test_s1_s2_a_write_that_commits_late_arrives(user: Account, admin: asyncpg.Connection) -> None:
    """A transaction with a number of its own stays open while others push and pull."""
    data = blob()
    late = admin.transaction()
    await late.start()
    await admin.execute("select set_config('request.jwt.claims', $1, true)", claims_of(user.user_id))
    await admin.execute("set local role authenticated")
    await admin.fetch(PUSH, "late", [uuid4()], ["note"], [0], [data], [checksum_of(data)], [False])
    waiting = asyncio.create_task(user.push("early", entity()))
    found, clock = await user.pull_all("tablet")
    assert found == []
    await late.commit()
    assert (await waiting).status_code == 200
    found, _ = await user.pull_all("tablet", clock)
    assert [one["client_id"] for one in found] == ["late", "early"]


async def test_pulls_during_many_pushes_miss_nothing(user: Account) -> None:
    """S5, S54: a reader that never stops sees every write once, in an order without gaps."""
    done = asyncio.Event()

    async def write(device: str) -> None:
        for _ in range(25):
            assert (await user.push(device, entity(), entity())).status_code == 200

    async def read() -> list[dict]:
        found, clock = [], None
        while True:
            finished = done.is_set()
            new, clock = await user.pull_all("reader", clock, limit=7)
            found += new
            if finished:
                return found

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(f"d{number}") for number in range(4)))
    done.set()
    found = await reader
    assert len(found) == len({one["id"] for one in found}) == 200
    for number in range(4):
        numbers = [one["client_seq"] for one in found if one["client_id"] == f"d{number}"]
        assert numbers == list(range(1, 51))


async def test_s11_a_devices_own_push_does_not_come_back(user: Account) -> None:
    _, clock = await user.pull_all("phone")
    clock = (await user.push("phone", entity(), entity(), clock=clock)).json()["clock"]
    assert (await user.pull_all("phone", clock))[0] == []
    other = (await user.push("tablet", entity())).json()["entities"][0]["id"]
    clock = (await user.push("phone", entity(), clock=clock)).json()["clock"]
    assert [one["id"] for one in (await user.pull_all("phone", clock))[0]] == [other]


async def test_a_push_without_a_clock_answers_one_that_skips_nothing(user: Account) -> None:
    """A phone restored from a backup pushes before it has seen its own earlier writes."""
    lost = [one["id"] for one in (await user.push("phone", entity(), entity())).json()["entities"]]
    answer = (await user.push("phone", entity())).json()
    found, _ = await user.pull_all("phone", answer["clock"])
    assert set(lost) <= {one["id"] for one in found}


async def test_s18_an_unknown_clock_is_told_to_start_over(user: Account) -> None:
    for clock in ("delta-cursor-17", "x", "A" * 500, "%00", "lgHE"):
        assert resync_reason(await user.pull("tablet", clock)) == "unreadable"
    assert resync_reason(await user.push("phone", entity(), clock="gone")) == "unreadable"


async def test_s19_a_clock_of_another_user_or_selection(
    user: Account, account: Callable[[], Awaitable[Account]]
) -> None:
    other = await account()
    _, theirs = await other.pull_all("tablet")
    _, typed = await user.pull_all("tablet", entity_type="note")
    assert resync_reason(await user.pull("tablet", theirs)) == "foreign"
    assert resync_reason(await user.pull("tablet", typed)) == "foreign"
    assert (await user.pull("tablet", typed, entity_type="note")).status_code == 200


async def test_s3_s33_a_clock_of_another_epoch(user: Account) -> None:
    await user.push("phone", entity())
    _, clock = await user.pull_all("tablet")
    held = vector_clock.read(clock)
    restored = vector_clock.write(vector_clock.Clock(uuid4(), held.owner, held.entity_type, held.purges, held.counters))
    assert resync_reason(await user.pull("tablet", restored)) == "epoch"
    assert len((await user.pull_all("tablet"))[0]) == 1


async def test_s50_a_clock_that_missed_a_purged_deletion(user: Account, admin: asyncpg.Connection) -> None:
    id_ = uuid4()
    await user.push("phone", entity(id_), entity())
    _, old = await user.pull_all("tablet")
    await user.push("phone", tombstone(id_, 1))
    _, new = await user.pull_all("laptop")
    await admin.execute("select private.purge_tombstones(now() + interval '1 minute', 100000)")
    assert resync_reason(await user.pull("tablet", old)) == "purged"
    assert (await user.pull("laptop", new)).status_code == 200
    assert len((await user.pull_all("tablet"))[0]) == 1
    answer = await user.push("tablet", entity(id_, 1))
    assert answer.json()["conflicts"][0]["reason"] == "unknown"
    # Made again as if new, by a device that has missed the deletion: refused by its clock.
    assert resync_reason(await user.push("tablet", entity(id_), clock=old)) == "purged"
    assert (await user.push("laptop", entity(), clock=new)).status_code == 200


async def test_s16_the_clients_dates_order_nothing(user: Account) -> None:
    """No field of a push is a time, so an item of 2001 is news like any other."""
    _, clock = await user.pull_all("tablet")
    answer = await user.push("phone", entity(updated_at="2001-01-01T00:00:00Z"))
    assert answer.json()["type"].endswith("/unknown-field")
    await user.push("phone", entity())
    assert len((await user.pull_all("tablet", clock))[0]) == 1


async def test_a_database_clock_that_steps_back_changes_nothing(user: Account, admin: asyncpg.Connection) -> None:
    """What a step back looks like: the newest time given lies in the future."""
    await user.push("phone", entity())
    await admin.execute(
        "update private.owners set changed_at = now() + interval '1 hour' where user_id = $1", user.user_id
    )
    _, clock = await user.pull_all("tablet")
    for _ in range(3):
        await user.push("phone", entity())
        await user.push("tablet", entity())
    found, _ = await user.pull_all("laptop", clock)
    times = [datetime.fromisoformat(one["updated_at"]) for one in found]
    assert len(found) == 6
    assert times == sorted(set(times))


async def test_s12_a_late_grant_brings_the_whole_history(
    user: Account, account: Callable[[], Awaitable[Account]], admin: asyncpg.Connection
) -> None:
    caregiver = await account()
    for _ in range(3):
        await user.push("phone", *[entity() for _ in range(40)])
    refused = await caregiver.pull("theirs", owner=str(user.user_id))
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "not-a-caregiver")
    await link(admin, caregiver.user_id, user.user_id)
    page = (await caregiver.pull("theirs", owner=str(user.user_id))).json()
    found, _ = await caregiver.pull_all("theirs", owner=str(user.user_id))
    assert len(found) == 120
    await link(admin, caregiver.user_id, user.user_id, "revoked")
    ended = await caregiver.pull("theirs", page["clock"], owner=str(user.user_id))
    assert ended.json()["type"].endswith("/not-a-caregiver")
    status = await caregiver.http.get("/sync/status", params={"owner": str(user.user_id)})
    assert status.status_code == 403


async def test_s40_a_token_that_expires_between_two_pages(user: Account, stack: StackInfo) -> None:
    await user.push("phone", *[entity() for _ in range(100)])
    page = (await user.pull("tablet")).json()
    expired = mint(
        SigningKey.load(stack.signing_key), TokenClaims(user_id=str(user.user_id), issued_at=int(time.time()) - 7200)
    )
    refused = await user.http.get(
        "/sync/pull",
        params={"device_id": "tablet", "clock": page["clock"]},
        headers={"Authorization": f"Bearer {expired}"},
    )
    assert (refused.status_code, refused.json()["type"]) == (401, PROBLEM_BASE + "token-expired")
    assert "invalid_token" in refused.headers["www-authenticate"]
    rest, _ = await user.pull_all("tablet", page["clock"])
    assert len(rest) == 50


async def test_s62_deletions_are_learnt_by_pulling_alone(user: Account) -> None:
    ids = [uuid4() for _ in range(10)]
    await user.push("phone", *[entity(id_) for id_ in ids])
    _, clock = await user.pull_all("tablet")
    await user.push("phone", *[tombstone(id_, 1) for id_ in ids])
    found, _ = await user.pull_all("tablet", clock)
    assert {(UUID(one["id"]), one["deleted"], one["blob"]) for one in found} == {(id_, True, "") for id_ in ids}


async def test_since_is_a_clock(user: Account) -> None:
    for _ in range(3):
        await user.push("phone", entity())
    everything, _ = await user.pull_all("tablet")
    page = (await user.pull("tablet", since=everything[0]["updated_at"], limit=1)).json()
    assert [one["id"] for one in page["entities"]] == [everything[1]["id"]]
    rest, _ = await user.pull_all("tablet", page["clock"])
    assert [one["id"] for one in rest] == [everything[2]["id"]]
