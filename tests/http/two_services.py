"""Two services that share one Redis, as instances behind a gateway do, and clients of both."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import msgspec

from medtime_backend.local.options import StackInfo
from medtime_backend.settings import Settings
from tests.accounts import Account
from tests.http.own_service import service

RATES = ("rate_free", "rate_pro", "rate_perfect")


def default_rates() -> dict[str, str]:
    """The rates of the tiers when nobody sets them. Addresses stay unlimited: all tests come from one."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(Settings) if field.name in RATES}
    return {name: ",".join(parts) for name, parts in defaults.items()}


@asynccontextmanager
async def two_services(stack: StackInfo, **settings: str) -> AsyncIterator[tuple[str, str]]:
    """Their addresses; the rates of users are the defaults unless the settings say otherwise."""
    given = {**default_rates(), **settings}
    async with AsyncExitStack() as both:
        yield (
            await both.enter_async_context(service(stack, **given)),
            await both.enter_async_context(service(stack, **given)),
        )


@asynccontextmanager
async def at(address: str, user: Account) -> AsyncIterator[Account]:
    """The same user at this service."""
    async with httpx.AsyncClient(base_url=address, headers=user.http.headers, timeout=60) as http:
        yield Account(user.user_id, user.session_id, user.token, http)
