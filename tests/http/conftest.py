"""Fixtures of the HTTP tests."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey
from tests.accounts import new_account
from tests.http.problems import Refusals


@pytest.fixture(scope="session")
async def refused(stack: StackInfo) -> AsyncIterator[Refusals]:
    """Check requests that must be refused. One account for all of them: none leaves anything behind."""
    admin = await asyncpg.connect(stack.admin_database_url)
    account = await new_account(stack, admin)
    yield Refusals(stack, admin, account)
    await account.http.aclose()
    await admin.close()


@pytest.fixture(scope="session")
def key(stack: StackInfo) -> SigningKey:
    """The key of the stack's own auth server."""
    return SigningKey.load(stack.signing_key)
