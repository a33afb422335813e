"""The embedded database has the roles and privileges of a hosted Supabase project, on each Postgres."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack


@pytest.fixture
async def postgres(cluster: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    """What the migrations and an operator have: the role postgres, in a transaction that is rolled back."""
    connection = await asyncpg.connect(cluster.database_url)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "create event trigger e on ddl_command_end execute function pg_catalog.event_trigger_dummy()",
        "create role another superuser",
        "alter role postgres superuser",
        "alter role supabase_admin password 'x'",
        "set role supabase_admin",
        "set role supabase_auth_admin",
        "set session authorization supabase_auth_admin",
        "create table auth.mine ()",
        "create function auth.mine() returns int language sql return 1",
        "alter table auth.users add column mine text",
        "alter table auth.users disable row level security",
        "create policy mine on auth.users for select using (true)",
        "drop table auth.refresh_tokens",
        "create or replace function auth.uid() returns uuid language sql as 'select null::uuid'",
        "copy public.srv_family_links to program 'true'",
    ],
)
async def test_postgres_is_refused_what_a_hosted_project_refuses(postgres: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await postgres.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "create table public.mine (id uuid references auth.users (id) on delete cascade)",
        "create schema mine",
        "create role mine login createrole",
        "create extension unaccent with schema extensions",
        "create function public.mine() returns uuid language sql return auth.uid()",
        "grant authenticated to postgres_made",
        "grant select on auth.sessions to postgres_made with grant option",
        "insert into auth.users (id, email) values (gen_random_uuid(), 'mine@test.medtime.app')",
        "alter role authenticated set statement_timeout = '9s'",
    ],
)
async def test_postgres_may_what_a_hosted_project_allows(postgres: asyncpg.Connection, statement: str) -> None:
    await postgres.execute("create role postgres_made")
    await postgres.execute(statement)


async def test_it_is_no_superuser_and_is_above_policies(postgres: asyncpg.Connection) -> None:
    row = await postgres.fetchrow(
        "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = $1",
        "postgres",
    )
    assert tuple(row) == (False, True, True, True, True)
    members = "select r.rolname from pg_roles as r where pg_has_role('postgres', r.oid, 'member')"
    names = {row["rolname"] for row in await postgres.fetch(members)}
    assert names >= {"anon", "authenticated", "service_role"}
    assert not names & {"supabase_admin", "supabase_auth_admin"}


async def test_the_time_limits_are_those_of_a_hosted_project(superuser: asyncpg.Connection) -> None:
    rows = await superuser.fetch("select rolname, rolconfig from pg_roles where rolconfig is not null")
    settings = {row["rolname"]: set(row["rolconfig"]) for row in rows}
    assert settings["anon"] == {"statement_timeout=3s"}
    assert settings["authenticated"] == {"statement_timeout=8s"}
    assert "lock_timeout=8s" in settings["authenticator"]


async def test_new_objects_of_public_are_open_to_nobody(
    postgres: asyncpg.Connection, request: pytest.FixtureRequest
) -> None:
    if request.node.callspec.params["cluster"].endswith("legacy"):
        pytest.skip("an older project opens new objects: that is what makes it one")
    await postgres.execute("create table public.mine (id int)")
    for role in ("anon", "authenticated", "service_role"):
        assert not await postgres.fetchval(
            "select has_table_privilege($1, 'public.mine', 'select, insert, update, delete, truncate')", role
        )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (None, None, None, None)),
        (
            {"request.jwt.claims": '{"sub": "%s", "role": "authenticated", "email": "a@b"}'},
            ("%s", "authenticated", "a@b", 3),
        ),
        ({"request.jwt.claim.sub": "%s", "request.jwt.claims": '{"role": "anon"}'}, ("%s", "anon", None, 1)),
        ({"request.jwt.claim.sub": "", "request.jwt.claims": ""}, (None, None, None, None)),
    ],
)
async def test_the_auth_functions_read_the_claims(
    postgres: asyncpg.Connection, settings: dict[str, str], expected: tuple[object, ...]
) -> None:
    someone = "c0c0c0c0-0000-4000-8000-000000000003"
    for name, value in settings.items():
        await postgres.execute("select set_config($1, $2, true)", name, value.replace("%s", someone))
    await postgres.execute("set local role authenticated")
    row = await postgres.fetchrow(
        """
        select auth.uid()::text, auth.role(), auth.email(),
        (select count(*) from jsonb_object_keys(auth.jwt())) as keys
        """
    )
    keys = expected[3] or 0
    assert tuple(row) == (*(someone if value == "%s" else value for value in expected[:3]), keys)


async def test_nobody_but_its_owner_reads_the_auth_schema(superuser: asyncpg.Connection) -> None:
    for role in ("anon", "authenticated", "service_role", "medtime_service"):
        for table in ("users", "sessions", "refresh_tokens", "identities"):
            granted = await superuser.fetchval("select has_table_privilege($1, $2, 'select')", role, f"auth.{table}")
            assert not granted or (role, table) == ("medtime_service", "sessions")


async def test_postgres_keeps_what_users_store_out_of_its_log(superuser: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await superuser.execute(
            "insert into auth.users (id, email) select gen_random_uuid(), 'secret@x' from generate_series(1, 2)"
        )
    log = Path(await superuser.fetchval("show data_directory")).parent / "logs" / "postgres.log"
    assert "secret@x" not in log.read_text()


async def test_an_old_project_with_open_default_privileges_ends_with_the_same_grants(
    superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    grants = """
        select c.relname, c.relacl::text as acl from pg_class as c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'S', 'v', 'm', 'p')
        union all
        select p.oid::regprocedure::text, p.proacl::text from pg_proc as p
        where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        order by 1
    """
    options = StackOptions(data_dir=tmp_path / "old", durable=False, service=False, seed=False)
    with Stack(replace(options, legacy_privileges=True)) as info:
        old = await asyncpg.connect(info.admin_database_url)
        found = [tuple(row) for row in await old.fetch(grants)]
        await old.execute("set role postgres")
        await old.execute("create table public.mine ()")
        assert await old.fetchval("select has_table_privilege('anon', 'public.mine', 'select')")
        await old.close()
    expected = [tuple(row) for row in await superuser.fetch(grants)]

    def without_owner(rows: list[tuple[str, str]]) -> list[tuple[str, set[str]]]:
        # The owner's own letters differ between versions of Postgres.
        return [
            (n, {g for g in (acl or "").strip("{}").split(",") if not g.startswith("postgres=")}) for n, acl in rows
        ]

    assert without_owner(found) == without_owner(expected)
