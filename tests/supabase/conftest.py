"""Callers of the stack's REST API: nobody, a signed-in user, a server with the secret key."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account

Rest = Callable[[str, str], httpx.AsyncClient]


@pytest.fixture
async def rest(stack: StackInfo) -> AsyncIterator[Rest]:
    """Make a client of an API key and, as supabase-js does it, the token or again the key."""
    made: list[httpx.AsyncClient] = []

    def make(key: str, token: str = "") -> httpx.AsyncClient:
        headers = {"apikey": key, "authorization": f"Bearer {token or key}"}
        made.append(httpx.AsyncClient(base_url=f"{stack.supabase_url}/rest/v1", headers=headers, timeout=30))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


@pytest.fixture
def nobody(rest: Rest, stack: StackInfo) -> httpx.AsyncClient:
    return rest(stack.publishable_key, "")


@pytest.fixture
def phone(rest: Rest, stack: StackInfo, user: Account) -> httpx.AsyncClient:
    return rest(stack.publishable_key, user.token)


@pytest.fixture
def server(rest: Rest, stack: StackInfo) -> httpx.AsyncClient:
    return rest(stack.secret_key, "")
