"""What an app calls to share: the family functions, as PostgREST calls them for a signed-in user."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user
from tests.database.phone import phone

LINK = ["id", "role", "user_id", "status", "created_at", "updated_at", "expires_at"]
"""The columns of a link as its sides see it."""


@dataclass(frozen=True)
class Person:
    """A user at their own phone."""

    user_id: UUID
    phone: asyncpg.Connection

    async def invite(self, valid_for: timedelta = timedelta(days=7)) -> asyncpg.Record:
        return await self.phone.fetchrow("select * from public.srv_invite_caregiver($1)", valid_for)

    async def accept(self, code: str | None) -> asyncpg.Record:
        return await self.phone.fetchrow("select * from public.srv_accept_invitation($1)", code)

    async def decline(self, code: str | None) -> None:
        await self.phone.execute("select public.srv_decline_invitation($1)", code)

    async def revoke(self, link: UUID | None) -> asyncpg.Record:
        return await self.phone.fetchrow("select * from public.srv_revoke_link($1)", link)

    async def links(self) -> list[asyncpg.Record]:
        return await self.phone.fetch("select * from public.srv_list_family_links()")

    async def cares_for(self, owner: "Person") -> UUID:
        """Become a caregiver of the owner; the link's id."""
        link: UUID = (await self.accept((await owner.invite())["code"]))["id"]
        return link


@asynccontextmanager
async def people(cluster: StackInfo, superuser: asyncpg.Connection, amount: int) -> AsyncIterator[list[Person]]:
    """New users, each at their own phone."""
    async with AsyncExitStack() as phones:
        users = [await add_user(superuser) for _ in range(amount)]
        yield [Person(user, await phones.enter_async_context(phone(cluster, user))) for user in users]


async def expire(superuser: asyncpg.Connection, link: UUID) -> None:
    """Let the time of an invitation be over."""
    await superuser.execute("update public.srv_family_links set expires_at = now() where id = $1", link)


def refused(slug: str) -> pytest.RaisesExc[asyncpg.PostgresError]:
    """The problem that must be raised."""
    return pytest.raises(asyncpg.PostgresError, check=lambda fault: fault.message == slug)


async def add_caregivers(superuser: asyncpg.Connection, owner: UUID, amount: int, status: str = "active") -> None:
    """Link so many new users to the owner, as caregivers."""
    await superuser.execute(
        """
        with made as (insert into auth.users (id) select gen_random_uuid() from generate_series(1, $2) returning id)
        insert into public.srv_family_links (supervised_user_id, supervisor_id, status) select $1, id, $3 from made
        """,
        owner,
        amount,
        status,
    )


async def add_owners(superuser: asyncpg.Connection, caregiver: UUID, amount: int, status: str = "active") -> None:
    """Link so many new users to the caregiver, as owners."""
    await superuser.execute(
        """
        with made as (insert into auth.users (id) select gen_random_uuid() from generate_series(1, $2) returning id)
        insert into public.srv_family_links (supervised_user_id, supervisor_id, status) select id, $1, $3 from made
        """,
        caregiver,
        amount,
        status,
    )
