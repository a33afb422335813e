"""The static rules on our schema, and how they behave; what each finds is in the other files."""

import asyncpg

from medtime_backend.audit.rules import RULES
from medtime_backend.local.options import StackInfo
from tests.audit.rule_faults import ENTITIES, check, found_after


async def test_our_schema_has_no_finding(cluster: StackInfo) -> None:
    """As `postgres`, which is no superuser, in a read-only transaction."""
    connection = await asyncpg.connect(cluster.database_url)
    try:
        async with connection.transaction(readonly=True):
            found = {finding.id for finding in await check(connection)}
    finally:
        await connection.close()
    # A project of an older Supabase opens whatever is made in public; our migrations revoke it from what they make.
    legacy = {one for one in found if one.startswith("default-privileges-open:") and "in schema public" in one}
    assert found - legacy == set()


async def test_older_projects_are_told_of_their_default_privileges(superuser: asyncpg.Connection) -> None:
    opened = await superuser.fetchval(
        "select count(*) from pg_default_acl where defaclnamespace = 'public'::regnamespace"
    )
    found = {one.id for one in await check(superuser) if "in schema public" in one.object}
    assert len(found) == 3 * opened


async def test_nothing_of_the_session_is_changed(superuser: asyncpg.Connection) -> None:
    settings = "select current_setting('search_path'), current_setting('role'), current_user"
    async with superuser.transaction():
        before = await superuser.fetchrow(settings)
        await check(superuser)
        assert await superuser.fetchrow(settings) == before


async def test_the_rules_work_without_any_right_on_the_objects(superuser: asyncpg.Connection) -> None:
    transaction = superuser.transaction()
    await transaction.start()
    try:
        await superuser.execute("create role watcher")
        await superuser.execute(f"alter table {ENTITIES} disable row level security; set local role watcher")
        assert "rls-disabled:" + ENTITIES in {finding.id for finding in await check(superuser)}
    finally:
        await transaction.rollback()


def test_every_rule_has_a_slug_of_its_own_and_says_why_and_how_to_fix_it() -> None:
    assert len({rule.slug for rule in RULES}) == len(RULES) >= 40
    assert all(rule.title and rule.why.endswith(".") and rule.fix.endswith(".") for rule in RULES)


async def test_reproductions_can_be_pasted_and_fixes_mend(superuser: asyncpg.Connection) -> None:
    fault = f"alter table {ENTITIES} no force row level security"
    (finding,) = (await found_after(superuser, fault, "rls-not-forced")).values()
    async with superuser.transaction():
        await superuser.execute(fault)
        assert await superuser.fetchval(finding.reproduction) is False
        await superuser.execute(finding.fix)
        assert await superuser.fetchval(finding.reproduction) is True
