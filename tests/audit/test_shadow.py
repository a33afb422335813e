"""The shadow: a bare Postgres with the schema of the checkout, and cheap copies of it."""

import time
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.errors import StackError
from medtime_backend.local.shadow import Shadow, ShadowDatabase
from medtime_backend.migrations import MigrationError, migrations_directory, read_migrations
from tests.servers import SERVERS, available

APPLIED = "select count(*) from supabase_migrations.schema_migrations"

IN_PUBLIC = "select count(*) from pg_default_acl where defaclnamespace = 'public'::regnamespace"


async def fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def folder_exists(path: str) -> bool:
    return Path(path).parent.exists()


@pytest.mark.parametrize("name", SERVERS)
async def test_every_supported_postgres_can_be_a_shadow(name: str) -> None:
    binaries = available(name)
    if isinstance(binaries, str):
        pytest.skip(binaries)
    with Shadow(postgres_bin=binaries, legacy_privileges=name.endswith("legacy")) as shadow:
        version = await fetch(shadow.database.database_url, "show server_version_num")
        assert str(version).startswith(name[:2])
        defaults = await fetch(shadow.database.database_url, IN_PUBLIC)
        assert (defaults == 3) is name.endswith("legacy")
        async with shadow.copy() as database:
            assert await fetch(database.database_url, APPLIED) == len(read_migrations(migrations_directory()))


async def test_it_has_no_users_and_no_power_for_postgres(shadow: Shadow) -> None:
    url = shadow.database.database_url
    assert await fetch(shadow.database.admin_database_url, "select count(*) from auth.users") == 0
    assert await fetch(url, "select rolsuper from pg_roles where rolname = current_user") is False


async def test_a_copy_is_postgres_own_and_changes_nothing_else(shadow: Shadow, copy: ShadowDatabase) -> None:
    connection = await asyncpg.connect(copy.database_url)
    await connection.execute("drop table public.srv_ocr_requests")
    owner = await connection.fetchval("select pg_get_userbyid(datdba) from pg_database where datname = $1", copy.name)
    await connection.close()
    assert owner == "postgres"
    async with shadow.copy() as other:
        for database in (shadow.database, other):
            assert await fetch(database.database_url, "select to_regclass('public.srv_ocr_requests') is not null")


async def test_a_copy_is_made_while_the_first_is_in_use_and_goes_with_its_sessions(shadow: Shadow) -> None:
    busy = await asyncpg.connect(shadow.database.database_url)
    database = await shadow.create_database()
    left = await asyncpg.connect(database.service_database_url)
    await shadow.drop_database(database)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await left.fetchval("select 1")
    assert await busy.fetchval("select count(*) from pg_database where datname = $1", database.name) == 0
    await busy.close()


async def test_nothing_is_left_afterwards_and_a_stopped_one_says_so() -> None:
    with Shadow() as shadow:
        url = shadow.database.admin_database_url
        data = str(await fetch(url, "show data_directory"))
        assert folder_exists(data)
    shadow.stop()
    assert not folder_exists(data)
    with pytest.raises(OSError, match="Connect call failed"):
        await fetch(url, "select 1")
    with pytest.raises(StackError, match="is not running"):
        _ = shadow.database


def test_a_migration_that_fails_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "20260101000000_break_all.sql").write_text("create table public.x (id nothing);\n")
    with pytest.raises(MigrationError, match="20260101000000_break_all"), Shadow(migrations_dir=tmp_path):
        pass


def test_a_start_can_be_given_up() -> None:
    shadow = Shadow()
    shadow.cancel()
    began = time.monotonic()
    with pytest.raises(StackError, match="Stopped while starting"), shadow:
        pass
    assert time.monotonic() - began < 60


def test_passwords_are_not_shown(shadow: Shadow) -> None:
    assert "://" not in repr(shadow.database)
