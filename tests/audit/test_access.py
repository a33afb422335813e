"""What the audit sees by execution, and how it tells the cause: P22, P24, P25, P27."""

import json

import asyncpg
import pytest

from medtime_backend.audit.findings import Audit, Cell
from medtime_backend.audit.personas import NAMES, PERSONAS
from medtime_backend.local.shadow import Shadow, ShadowDatabase
from tests.audit.audits import DECLARATIONS, audited
from tests.servers import SERVERS, available

ENTITIES = "public.srv_encrypted_entities"
LINKS = "public.srv_family_links"


def cell(audit: Audit, object_: str, persona: str, verb: str) -> Cell:
    (found,) = [one for one in audit.cells if (one.object, one.persona, one.verb) == (object_, persona, verb)]
    return found


def ids(audit: Audit) -> list[str]:
    return [finding.id for finding in audit.findings]


@pytest.fixture(scope="module", params=[name for name in SERVERS if "legacy" not in name])
def server(request: pytest.FixtureRequest) -> Shadow:
    binaries = available(request.param)
    if isinstance(binaries, str):
        pytest.skip(binaries)
    with Shadow(postgres_bin=binaries) as running:
        yield running


async def test_every_postgres_gives_the_same_clean_audit(server: Shadow) -> None:
    async with server.copy() as database:
        audit = await audited(database)
    assert ids(audit) == []
    assert audit.unchecked == ()
    assert audit.personas == NAMES
    assert {one.verdict for one in audit.cells} == {"as declared"}


async def test_rows_are_counted_by_whose_they_are(copy: ShadowDatabase) -> None:
    audit = await audited(copy)
    caregiver = cell(audit, ENTITIES, "caregiver active", "select")
    assert (caregiver.seen, caregiver.counts) == (("own", "shared"), {"own": 1, "shared": 1})
    for persona in ("owner", "stranger", "caregiver pending", "caregiver revoked", "anonymous user", "tier pro"):
        assert cell(audit, ENTITIES, persona, "select").counts == {"own": 1}
    # Both sides of a link; the owner has one to each caregiver, and an own invitation.
    assert cell(audit, LINKS, "owner", "select").counts == {"own": 4}
    assert cell(audit, LINKS, "caregiver active", "select").counts == {"own": 2}
    assert cell(audit, ENTITIES, "anon", "select").outcome == "no grant"
    assert cell(audit, "private.tiers", "owner", "select").outcome == "no grant"


async def test_every_persona_is_asked_everything_of_every_object(copy: ShadowDatabase) -> None:
    audit = await audited(copy)
    for kind, verbs in (("table", 7), ("function", 1), ("schema", 2)):
        objects = {one.object for one in audit.cells if one.kind == kind}
        declared = {"table": DECLARATIONS.tables, "function": DECLARATIONS.functions, "schema": DECLARATIONS.schemas}
        assert len(objects) == len(declared[kind])
        for persona in NAMES:
            asked = [one for one in audit.cells if one.kind == kind and one.persona == persona]
            assert {one.object for one in asked} == objects
            assert len(asked) >= verbs * len(objects)


async def test_nothing_stays_in_the_database(copy: ShadowDatabase, copy_owner: asyncpg.Connection) -> None:
    before = await copy_owner.fetchval("select count(*) from auth.users")
    await audited(copy)
    assert await copy_owner.fetchval("select count(*) from auth.users") == before
    assert not await copy_owner.fetchval("select exists (select from pg_trigger where tgenabled = 'D')")
    assert not await copy_owner.fetchval(
        "select exists (select from pg_auth_members where roleid = $1::text::regrole and member = $2::text::regrole)",
        "authenticator",
        "postgres",
    )


async def test_a_cell_can_be_pasted(copy: ShadowDatabase, copy_admin: asyncpg.Connection) -> None:
    """Each script runs by itself, ends its transaction, and shows what the audit saw."""
    await copy_admin.execute(f"grant truncate on {ENTITIES} to anon")
    audit = await audited(copy)
    (finding,) = [one for one in audit.findings if one.id == f"undeclared-access:{ENTITIES}:anon:truncate"]
    await copy_admin.execute(finding.reproduction)
    await copy_admin.execute(f"revoke truncate on {ENTITIES} from anon")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await copy_admin.execute(finding.reproduction)


async def test_the_reproduction_shows_the_row_of_somebody_else(
    copy: ShadowDatabase, copy_admin: asyncpg.Connection
) -> None:
    await copy_admin.execute('alter policy "user may see their own requests" on public.srv_ocr_requests using (true)')
    audit = await audited(copy)
    (finding,) = [
        one for one in audit.findings if one.id == "undeclared-access:public.srv_ocr_requests:every user:select"
    ]
    statement = finding.reproduction.splitlines()[-2]
    *before, _, _ = finding.reproduction.splitlines()
    await copy_admin.execute("\n".join(before))
    rows = await copy_admin.fetchval(statement.removesuffix(";"))
    await copy_admin.execute("rollback")
    # Its own and a stranger's, each owner with the number of rows.
    assert len(json.loads(rows)) == 2


async def test_a_table_without_row_security_is_red_whatever_postgrest_is_set_to(
    copy: ShadowDatabase, copy_owner: asyncpg.Connection
) -> None:
    """P22: pgrst.db_schemas is not set here, so Supabase's own advisor takes no schema for exposed."""
    await copy_owner.execute("alter table public.srv_ocr_requests disable row level security")
    found = ids(await audited(copy))
    assert "undeclared-access:public.srv_ocr_requests:every user:select" in found
    assert any(one.startswith("rls-disabled:public.srv_ocr_requests") for one in found)


async def test_recursion_names_the_cycle(copy: ShadowDatabase, copy_owner: asyncpg.Connection) -> None:
    """P24: it does not show at CREATE POLICY, and fails each statement afterwards."""
    await copy_owner.execute(f"""
        alter policy "both sides of a link may see it" on {LINKS}
        using (exists (select from {ENTITIES} as e where e.user_id = supervised_user_id));
        alter policy "owner and caregivers may read" on {ENTITIES}
        using (user_id in (select l.supervised_user_id from {LINKS} as l))
    """)  # noqa: S608 - constants
    audit = await audited(copy)
    assert cell(audit, ENTITIES, "owner", "select").outcome == "recursion"
    told = [one for one in audit.findings if one.rule == "policy-recursion"]
    assert any(ENTITIES in one.detail and LINKS in one.detail for one in told)
    assert all(one.fix for one in told)


async def test_a_missing_select_policy_is_told_as_such(copy: ShadowDatabase, copy_owner: asyncpg.Connection) -> None:
    """P25: Postgres says that WITH CHECK was violated, which sends people to loosen the wrong policy."""
    await copy_owner.execute(f'drop policy "owner and caregivers may read" on {ENTITIES}')
    audit = await audited(copy)
    told = [one for one in audit.findings if one.rule == "returning-refused"]
    assert any(one.rule == "select-policy-missing" for one in audit.findings)
    assert {one.verb for one in told} == {"insert returning", "insert on conflict"}
    assert all("SELECT policy" in one.title and "do not loosen WITH CHECK" in one.fix for one in told)


async def test_a_policy_without_a_grant_is_told_as_such(copy: ShadowDatabase, copy_owner: asyncpg.Connection) -> None:
    """P27: since new tables get no grants, policies alone open nothing."""
    await copy_owner.execute("revoke select on public.srv_ocr_requests from authenticated")
    audit = await audited(copy)
    assert cell(audit, "public.srv_ocr_requests", "owner", "select").outcome == "no grant"
    assert any(one.startswith("policy-unreachable:public.srv_ocr_requests") for one in ids(audit))
    (missing,) = [one for one in audit.findings if one.rule == "missing-access"]
    assert "there is no grant" in missing.detail


async def test_what_cannot_be_checked_is_never_clean(copy: ShadowDatabase, copy_owner: asyncpg.Connection) -> None:
    by_owner = await audited(copy, as_owner=True)
    assert [one.what for one in by_owner.unchecked] == [
        "everything as authenticator",
        "everything as supabase_auth_admin",
    ]
    assert by_owner.exit_code == 2
    others = tuple(one for one in PERSONAS if one.name not in ("authenticator", "supabase_auth_admin"))
    assert (await audited(copy, as_owner=True, personas=others)).exit_code == 0
    # A table whose sample row is refused has no rows to be seen.
    await copy_owner.execute("alter table public.srv_ocr_requests add constraint never check (false) not valid")
    unseeded = await audited(copy)
    assert [one.what for one in unseeded.unchecked] == ["public.srv_ocr_requests"]
    assert unseeded.exit_code == 2


async def test_rows_of_an_account_that_was_there_are_somebody_elses(
    copy: ShadowDatabase, copy_admin: asyncpg.Connection
) -> None:
    """A database in use: its rows are foreign to every persona, and stay as they are."""
    await copy_admin.execute("""
        insert into auth.users (id) values ('11111111-1111-4111-8111-111111111111');
        insert into public.srv_ocr_requests (user_id) select '11111111-1111-4111-8111-111111111111'
        from generate_series(1, 50)
    """)
    assert ids(await audited(copy)) == []
    await copy_admin.execute('alter policy "user may see their own requests" on public.srv_ocr_requests using (true)')
    audit = await audited(copy)
    assert cell(audit, "public.srv_ocr_requests", "stranger", "select").counts["foreign"] >= 50


async def test_read_only_finds_what_the_catalog_proves(copy: ShadowDatabase, copy_owner: asyncpg.Connection) -> None:
    clean = await audited(copy, as_owner=True, read_only=True)
    assert (ids(clean), clean.exit_code, clean.mode) == ([], 0, "read-only")
    assert any("nothing was run as a persona" in one for one in clean.not_proved)
    assert {one.verdict for one in clean.cells} == {"as declared", "could not check"}
    await copy_owner.execute(f"""
        grant truncate on {ENTITIES} to anon;
        grant update (user_id) on {ENTITIES} to authenticated;
        grant execute on function private.session_state(uuid, uuid) to anon;
        grant usage on schema private to anon;
        revoke select on public.srv_sync_status from authenticated
    """)  # noqa: S608 - constants
    found = ids(await audited(copy, as_owner=True, read_only=True))
    for one in (
        f"undeclared-grant:{ENTITIES}:anon:truncate",
        f"undeclared-grant:{ENTITIES}:every user:update",
        "undeclared-grant:private.session_state(uuid, uuid):anon:execute",
        "missing-grant:public.srv_sync_status:every user:select",
    ):
        assert one in found


async def test_read_only_takes_no_lock_that_anybody_waits_for(
    copy: ShadowDatabase, copy_owner: asyncpg.Connection
) -> None:
    async with copy_owner.transaction():
        await copy_owner.execute(f"lock table {ENTITIES} in row exclusive mode")
        assert (await audited(copy, as_owner=True, read_only=True)).exit_code == 0


async def test_a_table_in_use_is_waited_for_only_so_long(copy: ShadowDatabase, copy_owner: asyncpg.Connection) -> None:
    """The whole audit needs locks: it gives up and says so, rather than queue before all users."""
    async with copy_owner.transaction():
        await copy_owner.execute(f"lock table {ENTITIES} in row exclusive mode")
        audit = await audited(copy)
    assert any("its triggers cannot be switched off" in one.reason for one in audit.unchecked)
    assert audit.exit_code == 2
