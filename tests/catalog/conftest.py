"""A connection that may seed, on an empty catalog."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.catalog.sheets import EMPTY


@pytest.fixture
async def catalog(cluster: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(cluster.database_url, statement_cache_size=0)
    await connection.execute(EMPTY)
    yield connection
    await connection.execute(EMPTY)
    await connection.close()
