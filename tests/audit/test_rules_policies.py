"""Rules on what policies say: each spelling of a fault is found, and sound policies are left alone."""

# ruff: noqa: S608 - faults are constants

import asyncpg
import pytest

from tests.audit.rule_faults import ENTITIES, MINE, found_after

LINKS = "public.srv_family_links"
READ = f'alter policy "owner and caregivers may read" on {ENTITIES} using (%s)'
CHANGE = f'alter policy "owner may change" on {ENTITIES} using (%s) with check (%s)'
SPEAK_OF_POLICIES = (
    "policy-always-true",
    "policy-null-uid",
    "policy-ignores-caller",
    "policy-missing-check",
    "policy-trusts-metadata",
    "policy-bare-auth-call",
    "policy-recursion",
)
FAULTS = [
    ("policy-always-true", READ % text)
    for text in (
        "true",
        "1 = 1",
        "2 > 1",
        "not false",
        "user_id = user_id",
        "id is not null",
        "(select true)",
        "coalesce(true, false)",
        f"{MINE} or 'a' = 'a'",
        f"({MINE}) or true is not false",
        "checksum like '%'",
        "length('abc') = 3",
        "upper('a') = 'A'",
    )
] + [
    ("policy-bare-auth-call", READ % "user_id = auth.uid()"),
    ("policy-bare-auth-call", READ % f"{MINE} or id = auth.uid()"),
    ("policy-bare-auth-call", READ % "user_id::text = current_setting('request.jwt.claim.sub', true)"),
    (
        "policy-bare-auth-call",
        READ % "user_id in (select l.supervised_user_id from public.srv_family_links l "
        "where l.supervisor_id = auth.uid())",
    ),
    ("policy-null-uid", READ % f"{MINE} or (select auth.uid()) is null"),
    ("policy-null-uid", READ % "user_id = coalesce((select auth.uid()), user_id)"),
    ("policy-null-uid", READ % "(select auth.uid()) is not distinct from user_id"),
    ("policy-null-uid", READ % "coalesce(user_id = (select auth.uid()), true)"),
    ("policy-null-uid", READ % "(user_id = (select auth.uid())) is not false"),
    ("policy-ignores-caller", READ % "deleted_at is null"),
    ("policy-ignores-caller", READ % "(select auth.uid()) is not null"),
    ("policy-ignores-caller", READ % "(select auth.role()) = 'authenticated'"),
    ("policy-ignores-caller", READ % f"{MINE} or entity_type = 'shared'"),
    ("policy-ignores-caller", READ % f"(deleted_at is null) and ({MINE} or version > 3)"),
    ("policy-ignores-caller", f'create policy "p" on {ENTITIES} for insert to authenticated with check (version = 1)'),
    ("policy-missing-check", f'create policy "p" on {ENTITIES} for update to authenticated using ({MINE})'),
    ("policy-missing-check", f'create policy "p" on {ENTITIES} to authenticated using ({MINE})'),
    ("policy-missing-check", CHANGE % (MINE, "true")),
    ("policy-missing-check", CHANGE % (MINE, f"{MINE} or user_id in (select private.readable_owners())")),
    ("policy-missing-check", CHANGE % (MINE, "id = (select auth.uid())")),
    ("policy-to-public", f'create policy "p" on {ENTITIES} for select using ({MINE})'),
    ("policy-to-public", f'alter policy "owner may add" on {ENTITIES} to authenticated, anon'),
    ("policy-trusts-metadata", READ % f"{MINE} or (select auth.jwt()) -> 'user_metadata' ->> 'id' = user_id::text"),
    ("policy-trusts-metadata", READ % f"{MINE} and (select auth.jwt() ->> 'tier') = 'pro'"),
    ("policy-trusts-metadata", READ % "user_id::text = (select auth.jwt() ->> 'family_id')"),
    (
        "policy-trusts-metadata",
        READ % "user_id::text = (select current_setting('request.jwt.claims', true)::jsonb ->> 'family_id')",
    ),
    (
        "policy-trusts-metadata",
        "create function private.family() returns uuid language sql stable set search_path = pg_catalog, pg_temp "
        "return (auth.jwt() ->> 'family_id')::uuid; " + READ % "user_id = (select private.family())",
    ),
    ("policy-unreachable", f'create policy "p" on {ENTITIES} for delete to authenticated using ({MINE})'),
    ("policy-unreachable", f"revoke select on {ENTITIES} from authenticated"),
    ("policy-unreachable", "revoke usage on schema private from authenticated"),
    ("select-policy-missing", f'drop policy "owner and caregivers may read" on {ENTITIES}'),
    ("select-policy-missing", f"revoke select on {ENTITIES} from authenticated"),
    ("policy-unindexed", READ % "id = (select auth.uid())"),
    (
        "policy-unindexed",
        (
            "drop index public.srv_ocr_requests_user; create index on public.srv_ocr_requests (user_id) "
            "where status = 'done'"
        ),
    ),
]


@pytest.mark.parametrize(("rule", "fault"), FAULTS)
async def test_the_fault_is_found(superuser: asyncpg.Connection, rule: str, fault: str) -> None:
    found = await found_after(superuser, fault, rule)
    assert found, fault
    assert all(one.detail and one.reproduction and one.fix for one in found.values())


@pytest.mark.parametrize(
    "cycle",
    [
        READ % f"user_id in (select e.user_id from {ENTITIES} as e where e.id = (select auth.uid()))",
        READ
        % f"user_id in (select l.supervised_user_id from {LINKS} as l where l.supervisor_id = (select auth.uid()))"
        + f'; alter policy "both sides of a link may see it" on {LINKS} using '
        f"(supervisor_id = (select auth.uid()) or id in (select e.id from {ENTITIES} as e))",
        f"create view private.v with (security_invoker = on) as select user_id, id from {ENTITIES}; "
        "grant select on private.v to authenticated; " + READ % "user_id in (select v.user_id from private.v as v)",
        "create function private.seen() returns setof uuid language plpgsql stable "
        "set search_path = pg_catalog, pg_temp "
        f"as $$ begin return query select e.user_id from {ENTITIES} as e; end $$; "
        + READ
        % "user_id in (select private.seen())",
        CHANGE % (f"{MINE} and id in (select e.id from {ENTITIES} as e)", MINE),
    ],
    ids=["itself", "each other", "through a view", "through an invoker function", "update reads its own table"],
)
async def test_a_circle_of_policies_is_named(superuser: asyncpg.Connection, cycle: str) -> None:
    found = await found_after(superuser, cycle, "policy-recursion")
    assert f"policy-recursion:{ENTITIES}" in found
    assert "→" in found[f"policy-recursion:{ENTITIES}"].detail


@pytest.mark.parametrize(
    "sound",
    [
        READ % MINE,
        READ % f"{MINE} and deleted_at is null",
        READ % "(select auth.uid()) in (user_id, id)",
        READ % "private.may_read(user_id)",
        READ % "user_id = (select (current_setting('request.jwt.claims', true)::jsonb ->> 'sub')::uuid)",
        (
            f'create policy "p" on {ENTITIES} as restrictive for select to authenticated '
            "using ((select auth.jwt() ->> 'aal') = 'aal2')"
        ),
        CHANGE % (f"{MINE} and deleted_at is null", MINE),
        CHANGE % (MINE, f"{MINE} and version > 1"),
        'create policy "p" on private.tiers for select to authenticated using (true)',
        READ % f"{MINE} or user_id in (select l.supervised_user_id from {LINKS} as l "
        "where l.supervisor_id = (select auth.uid()) and l.status = 'active')",
    ],
)
async def test_a_sound_policy_is_left_alone(superuser: asyncpg.Connection, sound: str) -> None:
    assert await found_after(superuser, sound, *SPEAK_OF_POLICIES) == {}
