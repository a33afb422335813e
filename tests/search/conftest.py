"""The excerpt, seeded: one catalog for all tests of searching."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.catalog.sheets import EMPTY, put
from tests.search.excerpt import EXCERPT


@pytest.fixture(scope="session")
async def seeded(cluster: StackInfo) -> AsyncIterator[StackInfo]:
    owner = await asyncpg.connect(cluster.database_url, statement_cache_size=0)
    await owner.execute(EMPTY)
    for name, path in EXCERPT.items():
        await put(owner, name, path)
    yield cluster
    await owner.execute(EMPTY)
    await owner.close()


@pytest.fixture
async def visitor(seeded: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who searches without a token."""
    connection = await asyncpg.connect(seeded.admin_database_url)
    await connection.execute("set role anon")
    yield connection
    await connection.close()
