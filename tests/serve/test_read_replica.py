"""Pulls and the catalog from a real streaming replica: never less than the client has seen, never a lapsed right."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from medtime_backend import database, errors, read_replica, replica_presence, vector_clock
from medtime_backend.answers import AnswerCache, Version
from medtime_backend.database import Database
from medtime_backend.identity import Identity
from medtime_backend.local.options import StackInfo
from medtime_backend.metrics import Metrics
from medtime_backend.read_replica import ReadReplica
from medtime_backend.services import catalog, sync
from medtime_backend.settings import Settings
from medtime_backend.vector_clock import Clock
from tests.accounts import Account, claims_of, entity, link
from tests.http.problems import problem_of
from tests.http.two_services import at
from tests.serve.copies import until
from tests.serve.served import served
from tests.serve.standby import Standby, standby

pytestmark = pytest.mark.xdist_group("serve")


@pytest.fixture(scope="module")
async def replica(stack: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Standby]:
    async with standby(stack, tmp_path_factory.mktemp("replica")) as found:
        yield found


@asynccontextmanager
async def reading(primary: str, replica: Standby) -> AsyncIterator[tuple[ReadReplica, Metrics]]:
    """What a service reads by, whose primary is at this address."""
    settings = Settings(database_url=primary, database_read_url=replica.url, jwks_url="https://auth.test/jwks")
    metrics = Metrics()
    database = await Database.open(settings)
    reads = await ReadReplica.open(database, settings, metrics)
    yield reads, metrics
    await reads.close()
    await database.close()


@pytest.fixture
async def reads(
    stack: StackInfo, replica: Standby, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[ReadReplica, Metrics]]:
    """As in the service, but that the half second never ends: what was once fresh stays so."""
    monkeypatch.setattr(read_replica, "POSITION_SECONDS", 3600)
    monkeypatch.setattr(replica_presence, "PAUSE_SECONDS", 0)
    # Nor is a slow moment of the machine one of the replica.
    monkeypatch.setattr(read_replica, "PATIENCE_SECONDS", 60)
    async with reading(stack.service_database_url, replica) as found:
        yield found
        await replica.resume()


async def used(reads: ReadReplica, replica: Standby) -> None:
    """Wait until the replica shows what the primary has now, and is used, should it have been behind before."""
    await replica.caught_up()
    async with asyncio.timeout(20):
        while not reads._presence.use():  # noqa: SLF001, ASYNC110 - nothing else tells
            await asyncio.sleep(0.01)


def outcomes(metrics: Metrics) -> dict[str, float]:
    """What became of the reads that the replica was offered."""
    return {
        sample.labels["outcome"]: sample.value
        for family in metrics.replica_reads.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    }


def identity_of(user: Account) -> Identity:
    return Identity(user_id=user.user_id, session_id=user.session_id, tier="free", claims=claims_of(user.user_id))


async def pulled(reads: ReadReplica, user: Account, clock: str | None, owner: Account | None = None) -> sync.PullAnswer:
    return await sync.pull(
        reads,
        identity_of(user),
        device_id="phone",
        owner=owner.user_id if owner else None,
        clock=clock,
        limit=50,
        entity_type=None,
        since=None,
    )


async def test_a_replica_that_has_seen_the_clock_answers(
    reads: tuple[ReadReplica, Metrics], replica: Standby, user: Account
) -> None:
    there, metrics = reads
    first = (await user.push("phone", entity())).json()
    await user.push("tablet", entity(), entity())
    await pulled(there, user, first["clock"])
    await used(there, replica)
    learnt = outcomes(metrics).get("answered", 0)
    answer = await pulled(there, user, first["clock"])
    assert len(answer.entities) == 2
    assert outcomes(metrics)["answered"] == learnt + 1
    assert answer == await pulled(ReadReplica(there.primary, None, metrics), user, first["clock"])


async def test_one_that_has_not_does_not(reads: tuple[ReadReplica, Metrics], replica: Standby, user: Account) -> None:
    """Within the half second that a position is good for: only the clock can tell."""
    there, metrics = reads
    before = (await user.push("phone", entity())).json()["clock"]
    # The first pull learns where the primary is.
    await pulled(there, user, before)
    await used(there, replica)
    assert (await pulled(there, user, before)).entities == []
    learnt = outcomes(metrics)["answered"]
    await replica.pause()
    await user.push("tablet", entity())
    mine = (await user.push("phone", entity(), clock=before)).json()["clock"]
    answer = await pulled(there, user, mine)
    assert [one.client_id for one in answer.entities] == ["tablet"]
    assert outcomes(metrics)["answered"] == learnt + 1
    known, after = vector_clock.read(mine), vector_clock.read(answer.clock)
    assert all(after.counters[device] >= seen for device, seen in known.counters.items())
    # Nothing seen that it lacks: what it says is right, if a little late.
    assert (await pulled(there, user, before)).entities == []


async def test_rows_are_read_after_the_replica_has_said_how_far_it_is(
    reads: tuple[ReadReplica, Metrics],
    replica: Standby,
    user: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It catches up while it is being asked: what was read before that must not pass for fresh."""
    there, _ = reads
    before = (await user.push("phone", entity())).json()["clock"]
    await pulled(there, user, before)
    await used(there, replica)
    key = uuid4().int % 2**31
    texts = {
        # Finds no fault at last, once the writes of below are there; what follows must see them.
        read_replica.FAULT: "select '' where ($1::text, $2::bigint, $3::integer) is not null"
        f" and pg_advisory_xact_lock_shared({key}) is not null",
    }
    usual = database.statement
    monkeypatch.setattr(database, "statement", lambda name: texts.get(name) or usual(name))
    holder = replica.server.admin
    await holder.execute("select pg_advisory_lock($1)", key)
    try:
        asked = asyncio.create_task(pulled(there, user, before))
        await until(holder, "select count(*) > 0 from pg_locks where locktype = 'advisory' and not granted")
        await user.push("tablet", entity())
        await replica.caught_up()
    finally:
        await holder.execute("select pg_advisory_unlock($1)", key)
    assert [one.client_id for one in (await asked).entities] == ["tablet"]


async def test_the_primary_is_asked_first_and_for_others(
    reads: tuple[ReadReplica, Metrics],
    replica: Standby,
    user: Account,
    account: Callable[[], Awaitable[Account]],
    admin: asyncpg.Connection,
) -> None:
    """A first pull has no clock to judge by; a caregiver's link may have ended a moment ago."""
    there, metrics = reads
    caregiver = await account()
    await link(admin, caregiver.user_id, user.user_id)
    await user.push("phone", entity())
    clock = (await pulled(there, caregiver, None, user)).clock
    await replica.caught_up()
    await replica.pause()
    await link(admin, caregiver.user_id, user.user_id, "revoked")
    with pytest.raises(errors.NotACaregiver):
        await pulled(there, caregiver, clock, user)
    await user.push("phone", entity())
    assert len((await pulled(there, user, None)).entities) == 2
    assert outcomes(metrics) == {}


async def test_what_a_replica_refuses_the_primary_decides(
    reads: tuple[ReadReplica, Metrics], replica: Standby, user: Account
) -> None:
    there, metrics = reads
    own = (await user.push("phone", entity())).json()["clock"]
    # As above: it is held to where the primary is now, and not to what the server notes for itself later.
    await pulled(there, user, own)
    await used(there, replica)
    learnt = outcomes(metrics)
    foreign = vector_clock.write(Clock(uuid4(), user.user_id, None, None, vector_clock.read(own).counters))
    with pytest.raises(errors.ResyncRequired) as refused:
        await pulled(there, user, foreign)
    assert refused.value.facts == {"reason": "epoch"}
    assert outcomes(metrics) == {**learnt, "refused": learnt.get("refused", 0) + 1}


async def test_an_older_catalog_is_not_kept(reads: tuple[ReadReplica, Metrics], replica: Standby) -> None:
    there, metrics = reads
    await there.fetch("catalog_product_from_replica", "rxnorm:161")
    await used(there, replica)
    learnt = outcomes(metrics).get("answered", 0)
    now = (await catalog.version(there.primary)).number
    found = []
    for version in (now, now + 1):

        async def read(number: int = version) -> Version:
            return Version(number, "")

        drugs = catalog.Catalog(there, AnswerCache(None, metrics, read))
        found.append((await drugs.search(catalog.Search(query="metformin"))).body)
    assert found[0] == found[1]
    assert outcomes(metrics)["answered"] == learnt + 2


async def test_behind_and_away(stack: StackInfo, replica: Standby, user: Account) -> None:
    """Over HTTP, with the real half second."""

    @asynccontextmanager
    async def asking(url: str) -> AsyncIterator[Account]:
        async with served(stack, database_read_url=url) as service, at(service.address, user) as there:
            yield there

    async def counted(there: Account) -> str:
        lines = (await there.http.get("/metrics")).text.splitlines()
        return "\n".join(line for line in lines if line.startswith("replica_reads_total"))

    async with asking(replica.url) as there:
        clock = (await there.push("phone", entity())).json()["clock"]
        await replica.caught_up()
        # Should it have been behind at first, it is used a second later.
        async with asyncio.timeout(20):
            while 'outcome="answered"' not in await counted(there):
                assert (await there.pull("phone", clock)).json()["entities"] == []
        assert (await there.http.get("/catalog/search?q=losartan")).status_code == 200
        await replica.pause()
        try:
            await there.push("tablet", entity())
            # Whatever half second this falls into, what the device has seen is there, and soon everything is.
            page: list[dict[str, Any]] = []
            async with asyncio.timeout(10):
                while not page:
                    page = (await there.pull("phone", clock)).json()["entities"]
            assert [one["client_id"] for one in page] == ["tablet"]
            problem_of(await there.pull("phone", owner=str(uuid4())), 403, "not-a-caregiver")
        finally:
            await replica.resume()
    async with asking("postgresql://medtime_service:x@127.0.0.1:1/postgres") as there:
        assert len((await there.pull("phone", clock)).json()["entities"]) == 1
        assert (await there.http.get("/health/ready")).status_code == 200


async def test_one_that_is_always_a_little_late(stack: StackInfo, replica: Standby, user: Account) -> None:
    """Two devices write and one pulls: never less than it has seen, and in the end everything, each once."""
    admin = replica.server.admin
    await admin.execute("alter system set recovery_min_apply_delay = '200ms'")
    await admin.execute("select pg_reload_conf()")
    sent, came = set(), []
    try:
        async with served(stack, database_read_url=replica.url) as service, at(service.address, user) as there:
            clock = (await there.pull("phone")).json()["clock"]

            async def pull() -> None:
                nonlocal clock
                page = (await there.pull("phone", clock)).json()
                known, after = vector_clock.read(clock), vector_clock.read(page["clock"])
                assert all(after.counters[device] >= seen for device, seen in known.counters.items())
                came.extend(one["id"] for one in page["entities"])
                clock = page["clock"]

            for _ in range(20):
                written = entity()
                sent.add(written["id"])
                assert (await there.push("tablet", written)).status_code == 200
                clock = (await there.push("phone", entity(), clock=clock)).json()["clock"]
                await pull()
            async with asyncio.timeout(20):
                while len(came) < len(sent):
                    await pull()
            assert "replica_reads_total" in (await there.http.get("/metrics")).text
    finally:
        await admin.execute("alter system reset recovery_min_apply_delay")
        await admin.execute("select pg_reload_conf()")
    assert sorted(came) == sorted(sent)
