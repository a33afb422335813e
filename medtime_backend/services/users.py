"""Users and tiers for an operator: who there is, who is on which tier, and what each tier may store."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from medtime_backend.database import statement
from medtime_backend.operator_error import OperatorError


class UserError(OperatorError):
    """There is no such user or tier, or more than one user."""


class NoSuchUserError(UserError):
    """There is no such user."""


class Found(msgspec.Struct, frozen=True):
    """A user, as Auth knows them."""

    user_id: UUID
    email: str | None


class UserAccount(msgspec.Struct, frozen=True):
    """A user with tier and storage; `tier_changed_at` is null for who never left the free tier."""

    user_id: UUID
    email: str | None
    tier: str
    quota_bytes: int
    used_bytes: int
    tier_changed_at: datetime | None
    created_at: datetime | None
    last_sign_in_at: datetime | None


class TierStorage(msgspec.Struct, frozen=True):
    """What a tier may store."""

    tier: str
    storage_bytes: int


async def accounts(
    connection: asyncpg.Connection, *, search: str | None = None, user_id: UUID | None = None, limit: int = 50
) -> list[UserAccount]:
    """The newest users whose e-mail address contains the text, or the one of this id."""
    rows = await connection.fetch(statement("user_accounts"), search, user_id, limit)
    return [msgspec.convert(dict(row), UserAccount) for row in rows]


async def find(connection: asyncpg.Connection, name: str, *, deleted: bool = False) -> Found:
    """The user of an e-mail address or an id, with `deleted` also one whom Auth keeps as deleted.

    Raises NoSuchUserError, and UserError for an address of several users.
    """
    try:
        user_id = UUID(name)
    except ValueError:
        user_id = None
    # Postgres takes no NUL, and no address has one.
    rows = await connection.fetch(statement("user_by_name"), name.replace("\0", ""), user_id, deleted)
    if not rows:
        raise NoSuchUserError(f"There is no user {name}.")
    if len(rows) > 1:
        raise UserError(
            f"{len(rows)} users have the address {name}: name one by id.",
            details=tuple(str(row["user_id"]) for row in rows),
        )
    return Found(rows[0]["user_id"], rows[0]["email"])


async def account(connection: asyncpg.Connection, name: str) -> UserAccount:
    """The account of the user of an e-mail address or an id. Raises UserError."""
    found = await find(connection, name)
    return (await accounts(connection, user_id=found.user_id))[0]


async def set_tier(connection: asyncpg.Connection, name: str, tier: str) -> UserAccount:
    """Move a user to a tier. Raises UserError."""
    await _require_tier(connection, tier)
    found = await find(connection, name)
    await connection.execute(statement("set_user_tier"), found.user_id, tier)
    return (await accounts(connection, user_id=found.user_id))[0]


async def tiers(connection: asyncpg.Connection) -> list[TierStorage]:
    """All tiers, the smallest first."""
    return [TierStorage(*row) for row in await connection.fetch(statement("tiers"))]


async def set_storage(connection: asyncpg.Connection, tier: str, storage_bytes: int) -> list[TierStorage]:
    """Set what a tier may store, and return all tiers. Raises UserError."""
    await _require_tier(connection, tier)
    await connection.fetchval(statement("set_tier_storage"), tier, storage_bytes)
    return await tiers(connection)


async def _require_tier(connection: asyncpg.Connection, tier: str) -> None:
    known = [one.tier for one in await tiers(connection)]
    if tier not in known:
        raise UserError(f"There is no tier {tier}; there are {', '.join(known)}.")
