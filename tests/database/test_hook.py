"""public.custom_access_token_hook, as Supabase Auth calls it: as supabase_auth_admin, before each token is signed."""

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.accounts import add_user, link
from tests.database.phone import set_tier

CALL = "select public.custom_access_token_hook($1::jsonb)"
OURS = ("tier", "family_id", "family_role", "aud")


def event(user_id: UUID, **claims: Any) -> dict[str, Any]:
    """What Auth hands over (v2: internal/tokens, GenerateAccessToken)."""
    return {
        "user_id": str(user_id),
        "authentication_method": "password",
        "claims": {
            "iss": "https://auth.medtime.app",
            "aud": "authenticated",
            "sub": str(user_id),
            "exp": 1795600000,
            "iat": 1795596400,
            "email": f"{user_id}@test.medtime.app",
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": {"name": "Ana"},
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": 1795596400}],
            "session_id": str(uuid4()),
            "is_anonymous": False,
            **claims,
        },
    }


async def hooked(superuser: asyncpg.Connection, given: dict[str, Any]) -> dict[str, Any]:
    """The hook's answer, asked as supabase_auth_admin."""
    async with superuser.transaction():
        await superuser.execute("set local role supabase_auth_admin")
        answer: dict[str, Any] = json.loads(await superuser.fetchval(CALL, json.dumps(given)))
        await superuser.execute("reset role")
    return answer


async def test_a_user_without_any_row_of_ours(superuser: asyncpg.Connection) -> None:
    for user_id in (await add_user(superuser), uuid4()):
        given = event(user_id)
        answer = await hooked(superuser, given)
        expected = {**given, "claims": {**given["claims"], "tier": "free", "aud": "medtime-api"}}
        assert answer == expected


async def test_the_tier_is_the_one_stored_whatever_the_metadata_say(superuser: asyncpg.Connection) -> None:
    user_id = await add_user(superuser)
    smuggled = {"tier": "perfect", "family_role": "owner", "family_id": str(uuid4()), "role": "service_role"}
    given = event(user_id, **smuggled, user_metadata=smuggled, app_metadata=smuggled)
    claims = (await hooked(superuser, given))["claims"]
    assert claims["tier"] == "free"
    assert "family_id" not in claims
    assert "family_role" not in claims
    # What is not ours is Auth's: it stays as it is, the role above all.
    assert (claims["role"], claims["user_metadata"], claims["app_metadata"]) == ("service_role", smuggled, smuggled)
    await set_tier(superuser, user_id, "pro")
    assert (await hooked(superuser, given))["claims"]["tier"] == "pro"


@pytest.mark.parametrize("claims", [{}, {"nbf": 1, "jti": "x", "client_id": "y"}, {"is_anonymous": True, "email": ""}])
async def test_all_other_claims_stay_as_they_are(superuser: asyncpg.Connection, claims: dict[str, Any]) -> None:
    given = event(await add_user(superuser), **claims)
    answer = await hooked(superuser, given)
    assert {name: value for name, value in answer["claims"].items() if name not in OURS} == {
        name: value for name, value in given["claims"].items() if name != "aud"
    }
    assert {name: value for name, value in answer.items() if name != "claims"} == {
        name: value for name, value in given.items() if name != "claims"
    }


async def family(superuser: asyncpg.Connection, user_id: UUID) -> tuple[str | None, str | None]:
    claims = (await hooked(superuser, event(user_id)))["claims"]
    return claims.get("family_role"), claims.get("family_id")


async def test_owner_and_caregiver_by_active_links_alone(superuser: asyncpg.Connection) -> None:
    owner, caregiver = await add_user(superuser), await add_user(superuser)
    for status in ("pending", "revoked"):
        await link(superuser, caregiver, owner, status)
        assert await family(superuser, owner) == await family(superuser, caregiver) == (None, None)
    await link(superuser, caregiver, owner)
    assert await family(superuser, owner) == ("owner", str(owner))
    assert await family(superuser, caregiver) == ("caregiver", str(owner))
    await link(superuser, caregiver, owner, "revoked")
    assert await family(superuser, owner) == await family(superuser, caregiver) == (None, None)


async def test_of_several_owners_the_one_of_the_oldest_active_link(superuser: asyncpg.Connection) -> None:
    caregiver, newer, older, oldest = [await add_user(superuser) for _ in range(4)]
    for owner, age in ((newer, 1), (older, 2), (oldest, 3)):
        await link(superuser, caregiver, owner)
        await superuser.execute(
            "update public.srv_family_links set created_at = now() - $2 * interval '1 day'"
            " where supervised_user_id = $1",
            owner,
            age,
        )
    assert await family(superuser, caregiver) == ("caregiver", str(oldest))
    await link(superuser, caregiver, oldest, "revoked")
    assert await family(superuser, caregiver) == ("caregiver", str(older))


async def test_who_is_both_is_an_owner(superuser: asyncpg.Connection) -> None:
    both, other, third = [await add_user(superuser) for _ in range(3)]
    await link(superuser, both, other)
    await link(superuser, third, both)
    assert await family(superuser, both) == ("owner", str(both))
    await link(superuser, third, both, "revoked")
    assert await family(superuser, both) == ("caregiver", str(other))


async def test_the_audience_is_the_operators(superuser: asyncpg.Connection) -> None:
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute("update private.identity_settings set audience = 'authenticated'")
    claims = json.loads(await superuser.fetchval(CALL, json.dumps(event(uuid4()))))["claims"]
    await transaction.rollback()
    assert claims["aud"] == "authenticated"
    for audience in ("", " ", "two words", None):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await superuser.execute("update private.identity_settings set audience = $1", audience)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await superuser.execute("insert into private.identity_settings default values")


async def test_auth_alone_may_call_it_and_gets_nothing_else(superuser: asyncpg.Connection) -> None:
    for role in ("anon", "authenticated", "service_role", "authenticator", "medtime_service"):
        assert not await superuser.fetchval(
            "select has_function_privilege($1, 'public.custom_access_token_hook(jsonb)', 'execute')", role
        )
        async with superuser.transaction():
            await superuser.execute(f"set local role {role}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with superuser.transaction():
                    await superuser.fetchval(CALL, json.dumps(event(uuid4())))
    rights = await superuser.fetch(
        """
        select c.oid::regclass::text as name from pg_class c, aclexplode(c.relacl) a
        where a.grantee = 'supabase_auth_admin'::regrole and c.relnamespace::regnamespace::text in ('public', 'private')
        union all
        select p.oid::regprocedure::text from pg_proc p, aclexplode(p.proacl) a
        where a.grantee = 'supabase_auth_admin'::regrole and p.pronamespace::regnamespace::text in ('public', 'private')
        """
    )
    assert [row["name"] for row in rights] == ["custom_access_token_hook(jsonb)"]
    assert not await superuser.fetchval("select has_schema_privilege('supabase_auth_admin', 'private', 'usage')")
    assert await superuser.fetchval("select has_schema_privilege('supabase_auth_admin', 'public', 'usage')")


async def test_it_reads_a_few_rows_however_many_there_are(superuser: asyncpg.Connection) -> None:
    """Ten million users are as quick as one: counted in pages, with plans made while all was small."""
    users = [await add_user(superuser) for _ in range(3)]
    await link(superuser, users[0], users[1])
    for user_id in users:
        await hooked(superuser, event(user_id))
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute(
        """
        with made as (insert into auth.users (id) select gen_random_uuid() from generate_series(1, 20000) returning id),
        tiered as (insert into private.user_tiers (user_id, tier) select id, 'pro' from made)
        insert into public.srv_family_links (supervisor_id, supervised_user_id, status)
        select case when n % 2 = 0 then $1 else id end, case when n % 2 = 0 then id else $2 end,
          case when n % 4 < 2 then 'active' else 'revoked' end
        from (select id, row_number() over () as n from made) as m
        """,
        users[0],
        users[2],
    )
    try:
        for user_id in users:
            touched = []
            for _ in range(3):
                plan = await superuser.fetchval(
                    f"explain (analyze, buffers, format json) {CALL}", json.dumps(event(user_id))
                )
                found = json.loads(plan)[0]["Plan"]
                touched.append(found["Shared Hit Blocks"] + found["Shared Read Blocks"])
            assert touched[-1] < 60, (users.index(user_id), touched)
    finally:
        await transaction.rollback()
