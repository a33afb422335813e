"""The migration that policies/ ask for: none for the checkout's, exactly what changed for others."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.audit.catalog.snapshot import snapshot
from medtime_backend.audit.declaration_files import policies_directory, read_declarations
from medtime_backend.audit.declarations import DeclarationError
from medtime_backend.audit.policy_migration import plan
from medtime_backend.local.shadow import Shadow
from medtime_backend.migrations import apply_migrations, read_migrations
from medtime_backend.migrations.creation import create_migration

MIGRATION = """
create schema private;
revoke all on schema private from public;
grant usage on schema private to authenticated;
grant usage on schema public to supabase_auth_admin;
create table public.notes (id int primary key, user_id uuid not null, body bytea);
alter table public.notes enable row level security;
alter table public.notes force row level security;
revoke all on table public.notes from public, anon, authenticated, service_role;
grant select on table public.notes to authenticated;
grant insert (id, user_id) on table public.notes to authenticated;
create policy "owner may read" on public.notes for select to authenticated using (user_id = (select auth.uid()));
create policy "owner may add" on public.notes for insert to authenticated with check (user_id = (select auth.uid()));
create function private.helper(a integer) returns integer language sql set search_path = pg_catalog return a;
create function private.trigger_only() returns integer language sql set search_path = pg_catalog return 1;
revoke all on function private.helper(integer), private.trigger_only() from public;
grant execute on function private.helper(integer) to authenticated;
"""
NOTES = """-- notes: of a test.
--
-- rows belong to: user_id
-- columns: id integer, user_id uuid, body bytea
-- triggers: none
-- sample: none
--
-- | persona    | select | insert | update | delete | truncate |
-- |------------|--------|--------|--------|--------|----------|
-- | every user | own    | own    | -      | -      | -        |

alter table public.notes enable row level security;
alter table public.notes force row level security;

revoke all on table public.notes from public, anon, authenticated, service_role;
grant select on table public.notes to authenticated;
grant insert (id, user_id) on table public.notes to authenticated;

create policy "owner may read" on public.notes for select to authenticated using (user_id = (select auth.uid()));
-- Whoever adds must be the owner.
create policy "owner may add" on public.notes for insert to authenticated
with check (user_id = (select auth.uid()));
"""
FUNCTIONS = """-- The functions of a test.
--
-- | function       | execute    |
-- |----------------|------------|
-- | private.helper | every user |

revoke all on function private.helper(integer) from public, anon, authenticated, service_role;
grant execute on function private.helper(integer) to authenticated;
"""
SCHEMAS = """-- The schemas of a test.
--
-- | schema  | usage      |
-- |---------|------------|
-- | public  | everyone   |
-- | private | every user |

grant usage on schema public to supabase_auth_admin;
revoke all on schema private from public;
grant usage on schema private to authenticated;
"""
HEAD = "-- Brings the rights to what policies/ declares.\n\n"
Edit = Callable[[str, str, str], None]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shadow]:
    """A shadow of one table and two functions."""
    directory = tmp_path_factory.mktemp("migrations")
    (directory / "20260101000000_create_notes.sql").write_text(MIGRATION)
    with Shadow(migrations_dir=directory) as shadow:
        yield shadow


@pytest.fixture
async def owner(small: Shadow) -> AsyncIterator[asyncpg.Connection]:
    async with small.copy() as database:
        connection = await asyncpg.connect(database.database_url)
        yield connection
        await connection.close()


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    directory = tmp_path / "policies"
    directory.mkdir()
    for name, text in (("notes", NOTES), ("functions.all", FUNCTIONS), ("schemas", SCHEMAS)):
        (directory / f"{name}.sql").write_text(text)
    return directory


@pytest.fixture
def edit(policies: Path) -> Edit:
    """Replace text that is in a policy file by other text."""

    def replace(name: str, old: str, new: str) -> None:
        path = policies / f"{name}.sql"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return replace


async def planned(connection: asyncpg.Connection, policies: Path) -> str | None:
    return await plan(connection, read_declarations(policies))


async def test_migrations_and_policies_give_the_same_catalog(shadow: Shadow) -> None:
    connection = await asyncpg.connect(shadow.database.database_url)
    try:
        sql = await planned(connection, policies_directory())
    finally:
        await connection.close()
    assert sql is None, f"policies/ declare what no migration makes; this one would:\n{sql}"


async def test_a_plan_leaves_everything_as_it_was(owner: asyncpg.Connection, policies: Path, edit: Edit) -> None:
    before = await snapshot(owner)
    assert await planned(owner, policies) is None
    edit("notes", "grant select on", "grant select, delete on")
    assert await planned(owner, policies) is not None
    assert await snapshot(owner) == before


async def test_a_changed_policy_comes_in_the_words_of_its_file(
    owner: asyncpg.Connection, policies: Path, edit: Edit
) -> None:
    edit("notes", "with check (user_id = (select auth.uid()))", "with check (false)")
    assert await planned(owner, policies) == HEAD + (
        'drop policy "owner may add" on public.notes;\n'
        "-- Whoever adds must be the owner.\n"
        'create policy "owner may add" on public.notes for insert to authenticated\n'
        "with check (false);\n"
    )


async def test_a_new_name_is_another_policy(owner: asyncpg.Connection, policies: Path, edit: Edit) -> None:
    edit("notes", '"owner may read"', '"the ""owner"" reads"')
    sql = await planned(owner, policies)
    assert sql == HEAD + (
        'drop policy "owner may read" on public.notes;\n'
        'create policy "the ""owner"" reads" on public.notes for select to authenticated'
        " using (user_id = (select auth.uid()));\n"
    )


async def test_grants_of_a_table_are_given_anew_and_others_taken(
    owner: asyncpg.Connection, policies: Path, edit: Edit
) -> None:
    await owner.execute("grant truncate on table public.notes to anon; grant update (body) on public.notes to public")
    edit("notes", "grant insert (id, user_id) on", "grant insert (id, user_id, body) on")
    assert await planned(owner, policies) == HEAD + (
        "revoke all on table public.notes from anon, authenticated, public;\n"
        "grant select on table public.notes to authenticated;\n"
        "grant insert (id, user_id, body) on table public.notes to authenticated;\n"
    )


async def test_row_level_security_is_set_as_declared(owner: asyncpg.Connection, policies: Path, edit: Edit) -> None:
    await owner.execute("alter table public.notes disable row level security")
    edit("notes", "alter table public.notes force row level security;\n", "")
    assert await planned(owner, policies) == HEAD + (
        "alter table public.notes no force row level security;\nalter table public.notes enable row level security;\n"
    )


async def test_functions_schemas_and_default_privileges_follow(
    owner: asyncpg.Connection, policies: Path, edit: Edit
) -> None:
    await owner.execute("grant execute on function private.trigger_only() to public; create sequence public.s")
    await owner.execute("grant usage on sequence public.s to anon; grant create on schema public to anon")
    await owner.execute("alter default privileges in schema public grant select on tables to anon")
    edit("functions.all", "grant execute on function private.helper(integer) to authenticated;\n", "")
    edit("schemas", "private to authenticated", "private to authenticated, service_role")
    sql = await planned(owner, policies)
    assert sql == HEAD + (
        "alter default privileges for role postgres in schema public revoke all on tables from anon;\n"
        "revoke execute on function private.helper(integer) from authenticated;\n"
        "revoke execute on function private.trigger_only() from public;\n"
        "grant usage on schema private to service_role;\n"
        "revoke create on schema public from anon;\n"
        "revoke usage on sequence public.s from anon;\n"
    ).replace(" all on tables", " select on tables")


async def test_default_privileges_of_all_schemas_are_told_from_what_postgres_gives(
    owner: asyncpg.Connection, policies: Path, edit: Edit
) -> None:
    revocation = "alter default privileges revoke execute on functions from public;\n"
    edit("schemas", "revoke all on schema private", f"{revocation}revoke all on schema private")
    sql = await planned(owner, policies)
    assert sql == HEAD + "alter default privileges for role postgres revoke execute on functions from public;\n"
    await owner.execute(sql)
    assert await planned(owner, policies) is None


async def test_a_table_without_a_file_is_refused(owner: asyncpg.Connection, policies: Path) -> None:
    await owner.execute("create table private.others ()")
    with pytest.raises(DeclarationError, match=r"has no file for the table private\.others\."):
        await planned(owner, policies)


@pytest.mark.parametrize(
    "sql",
    [
        'alter table public.notes drop column user_id cascade; -- column "user_id" of relation "notes" does not exist',
        'drop table public.notes; -- relation "public.notes" does not exist',
    ],
)
async def test_what_does_not_exist_is_named_with_its_file(owner: asyncpg.Connection, policies: Path, sql: str) -> None:
    await owner.execute(sql)
    told = sql.partition("-- ")[2]
    with pytest.raises(DeclarationError, match=rf"^notes\.sql of .* does not fit the migrations: {told}\.$"):
        await planned(owner, policies)
    # The transaction of the attempt is over.
    assert await owner.fetchval("select count(*) from private.helper(1)") == 1


async def test_an_unknown_role_is_named(owner: asyncpg.Connection, policies: Path, edit: Edit) -> None:
    edit("functions.all", "to authenticated", "to nobody_known")
    told = r"^functions\.all\.sql of .* role \"nobody_known\" does not exist\.$"
    with pytest.raises(DeclarationError, match=told):
        await planned(owner, policies)


async def test_what_was_written_is_applied_and_then_nothing_is_left(
    owner: asyncpg.Connection, policies: Path, edit: Edit, tmp_path: Path
) -> None:
    edit("notes", "grant select on", "grant select, delete on")
    sql = await planned(owner, policies)
    assert sql is not None
    path = create_migration(tmp_path, "let_owners_delete", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC), sql)
    assert path.name == "20260203040506_let_owners_delete.sql"
    assert await apply_migrations(owner, read_migrations(tmp_path)) == ["20260203040506"]
    assert await planned(owner, policies) is None
