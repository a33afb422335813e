"""Nothing of sharing grows with the table: counted in pages of memory, with plans made while all was small."""

from uuid import UUID, uuid4

import asyncpg

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user, blob, claims_of
from tests.database.family import add_caregivers, add_owners, people
from tests.database.phone import push
from tests.database.test_growth import PULL, pages

MANY = 5_000


async def test_no_call_touches_more_however_many_links_there_are(superuser: asyncpg.Connection) -> None:
    owner, caregiver, other = [await add_user(superuser) for _ in range(3)]
    rolled_back = superuser.transaction()
    await rolled_back.start()
    try:
        await act_as(superuser, owner)
        mine = [await superuser.fetchrow("select * from public.srv_invite_caregiver()") for _ in range(3)]
        await act_as(superuser, other)
        theirs = await superuser.fetchval("select code from public.srv_invite_caregiver()")
        await act_as(superuser, caregiver)
        link = await superuser.fetchval("select id from public.srv_accept_invitation($1)", mine[0]["code"])
        calls: list[tuple[UUID, str, tuple[object, ...]]] = [
            (owner, "select * from public.srv_invite_caregiver()", ()),
            (owner, "select * from public.srv_list_family_links()", ()),
            (owner, "select * from public.srv_revoke_link($1)", (mine[1]["id"],)),
            (owner, "select id, status from public.srv_family_links where status = 'active'", ()),
            (caregiver, "select * from public.srv_accept_invitation($1)", (theirs,)),
            (caregiver, "select public.srv_decline_invitation($1)", (mine[2]["code"],)),
            (caregiver, "select * from public.srv_revoke_link($1)", (link,)),
            (caregiver, "select * from private.readable_owners()", ()),
            (caregiver, "select private.may_read($1)", (owner,)),
        ]
        figures = []
        for _ in range(2):
            touched = []
            for person, statement, arguments in calls:
                await act_as(superuser, person)
                touched.append(await pages(superuser, statement, *arguments))
            figures.append(touched)
            if len(figures) == 1:
                await superuser.execute("reset role")
                for start in (owner, other):
                    await add_caregivers(superuser, start, MANY, "revoked")
                await add_owners(superuser, caregiver, MANY, "revoked")
                await superuser.execute(
                    """
                    with made as (insert into auth.users (id) select gen_random_uuid() from generate_series(1, $1)
                      returning id)
                    insert into public.srv_family_links (supervised_user_id, code_hash, expires_at)
                    select id, sha256(uuid_send(id)), now() + interval '1 day' from made
                    """,
                    MANY,
                )
        for (_, statement, _), few, many in zip(calls, *figures, strict=True):
            bound = few * 2.5 + 20
            # The list has a bound of its own: 300 links a side, each read from its place.
            assert many < (800 if "list" in statement else bound), (statement, figures)
    finally:
        await rolled_back.rollback()


async def act_as(superuser: asyncpg.Connection, user: UUID) -> None:
    """Be this user until told otherwise."""
    await superuser.execute("reset role")
    await superuser.execute("select set_config('request.jwt.claims', $1, false)", claims_of(user))
    await superuser.execute("set role authenticated")


async def test_s36_a_pull_costs_a_caregiver_of_two_hundred_hardly_more_than_one_of_one(
    cluster: StackInfo, superuser: asyncpg.Connection
) -> None:
    """S36: each policy of a pull reads the caregiver's owners once, from an index: 200 are a few pages."""
    async with people(cluster, superuser, 3) as (owner, one, many):
        for _ in range(3):
            await push(owner.phone, "phone", *[(uuid4(), 0, blob()) for _ in range(50)])
        await one.cares_for(owner)
        # Their rows are far apart, as those of links made over years.
        for _ in range(199):
            await add_owners(superuser, many.user_id, 1)
            await add_caregivers(superuser, await add_user(superuser), 20)
        await many.cares_for(owner)
        await superuser.execute("vacuum analyze public.srv_family_links")
        for known in ("{}", '{"phone": 60}', '{"phone": 150}'):
            few, more = [await pages(person.phone, PULL, owner.user_id, known, None) for person in (one, many)]
            assert more < few + 100, (known, few, more)
