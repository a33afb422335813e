"""Drift: each way a database can drift gives exactly its finding, and what the platform does gives none."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from medtime_backend.audit.catalog.drift import drift
from medtime_backend.audit.catalog.snapshot import Snapshot, snapshot
from medtime_backend.audit.findings import Finding
from medtime_backend.local.shadow import Shadow, ShadowDatabase
from tests.audit.drifts import (
    CHANGED,
    ENTITIES,
    MISSING,
    OF_OTHER_KINDS,
    OTHER_KINDS,
    STATUS,
    TOLERATED,
    UNEXPECTED,
    Drift,
)
from tests.servers import SERVERS, available

ALL = (*MISSING, *UNEXPECTED, *CHANGED)


@pytest.fixture(scope="session")
async def expected(shadow: Shadow) -> Snapshot:
    connection = await asyncpg.connect(shadow.database.database_url)
    try:
        return await snapshot(connection)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def changing(shadow: Shadow) -> AsyncIterator[asyncpg.Connection]:
    """One copy for all cases: each is rolled back, and with it what it did to the server's roles."""
    async with shadow.copy() as database:
        connection = await asyncpg.connect(database.admin_database_url)
        yield connection
        await connection.close()


@pytest.fixture
async def hand(changing: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """Somebody with a superuser's psql, whose changes are gone after the test."""
    transaction = changing.transaction()
    await transaction.start()
    yield changing
    await transaction.rollback()


async def findings(connection: asyncpg.Connection, expected: Snapshot) -> list[Finding]:
    return drift(expected, await snapshot(connection))


@pytest.mark.parametrize("case", ALL, ids=[case.sql[:60] for case in ALL])
async def test_each_drift_is_found_shown_and_mended(hand: asyncpg.Connection, expected: Snapshot, case: Drift) -> None:
    await tried(hand, expected, case)


@pytest.mark.parametrize("case", OF_OTHER_KINDS, ids=[case.sql[:60] for case in OF_OTHER_KINDS])
async def test_kinds_that_are_still_to_come_are_watched_too(hand: asyncpg.Connection, case: Drift) -> None:
    await hand.execute(OTHER_KINDS)
    await tried(hand, await snapshot(hand), case)


async def tried(hand: asyncpg.Connection, expected: Snapshot, case: Drift) -> None:
    await hand.execute(case.sql)
    found = await findings(hand, expected)
    assert tuple(one.id for one in found) == case.ids
    for one in found:
        assert case.told in one.detail
        shown = await hand.fetch(one.reproduction)
        assert bool(shown) is (one.rule != "drift-missing" or one.object.startswith("default privileges"))
    if not case.mended:
        assert "repeat by hand what the migration" in found[0].fix
        return
    for one in found:
        await hand.execute(one.fix)
    assert await findings(hand, expected) == []


@pytest.mark.parametrize("sql", TOLERATED)
async def test_what_the_platform_or_an_operator_rightly_does_is_none(
    hand: asyncpg.Connection, expected: Snapshot, sql: str
) -> None:
    await hand.execute(sql)
    assert await findings(hand, expected) == []


async def test_a_revoked_grant_and_an_added_default_are_both_seen(hand: asyncpg.Connection, expected: Snapshot) -> None:
    """P21: Supabase's own diff of databases passes over both."""
    await hand.execute("revoke select on public.srv_sync_status from authenticated")
    await hand.execute(f"alter table {ENTITIES} alter client_id set default 'somebody'")
    column, table = await findings(hand, expected)
    assert column.id == f"drift-changed:column {ENTITIES}.client_id"
    assert "default: expected nothing, found 'somebody'::text" in column.detail
    assert column.fix == f"alter table {ENTITIES} alter column client_id drop default;"
    assert table.id == f"drift-changed:table {STATUS}"
    assert "privileges of authenticated: expected SELECT, found nothing" in table.detail
    assert table.fix == f"grant select on table {STATUS} to authenticated;"


async def test_what_is_in_a_missing_schema_is_not_told_by_itself(hand: asyncpg.Connection, expected: Snapshot) -> None:
    await hand.execute("drop schema private cascade")
    found = await findings(hand, expected)
    assert "drift-missing:schema private" in {one.id for one in found}
    # What used it goes too, and is elsewhere.
    others = {one.object.split()[0] for one in found if one.object != "schema private"}
    assert others == {"policy", "trigger"}
    assert not [one for one in found if " on private." in one.object]


async def test_default_privileges_and_indexes_only_warn(hand: asyncpg.Connection, expected: Snapshot) -> None:
    await hand.execute("alter default privileges for role postgres in schema private grant select on tables to anon")
    await hand.execute(f"create index slow on {ENTITIES} (checksum)")
    await hand.execute(f"grant select on {ENTITIES} to anon")
    assert [(one.object.partition(" ")[0], one.severity) for one in await findings(hand, expected)] == [
        ("default", "warning"),
        ("index", "warning"),
        ("table", "error"),
    ]


async def test_odd_names_are_quoted_everywhere(hand: asyncpg.Connection, expected: Snapshot) -> None:
    await hand.execute(
        """create table public."It's on a.b" ("Wört" int); alter table public."It's on a.b" owner to anon"""
    )
    await hand.execute(f"""create policy "it's on" on {ENTITIES} using (true)""")
    await hand.execute(f"""alter table {ENTITIES} add column "Drug Name" text""")
    found = await findings(hand, expected)
    assert len(found) == 3
    for one in found:
        assert await hand.fetch(one.reproduction)
        await hand.execute(one.fix)
    assert await findings(hand, expected) == []


async def test_two_copies_are_the_same_to_whoever_looks(copy: ShadowDatabase, expected: Snapshot) -> None:
    for url in (copy.service_database_url, copy.admin_database_url):
        connection = await asyncpg.connect(url, server_settings={"search_path": "private, public, auth"})
        try:
            assert await snapshot(connection) == expected
            assert await connection.fetchval("show search_path") == "private, public, auth"
            async with connection.transaction(readonly=True):
                assert await snapshot(connection) == expected
                assert await connection.fetchval("show search_path") == "private, public, auth"
        finally:
            await connection.close()


@pytest.mark.parametrize("name", SERVERS[1:])
async def test_versions_do_not_differ_and_old_projects_by_their_default_privileges_alone(
    expected: Snapshot, name: str
) -> None:
    binaries = available(name)
    if isinstance(binaries, str):
        pytest.skip(binaries)
    with Shadow(postgres_bin=binaries, legacy_privileges=name.endswith("legacy")) as other:
        connection = await asyncpg.connect(other.database.database_url)
        found = await snapshot(connection)
        both = [*drift(expected, found), *drift(found, expected)]
        assert {one.object for one in both} == (
            {f"default privileges postgres on {kind} in public" for kind in ("functions", "sequences", "tables")}
            if name.endswith("legacy")
            else set()
        )
        for one in drift(expected, found):
            await connection.execute(one.fix)
        assert drift(expected, await snapshot(connection)) == []
        await connection.close()
