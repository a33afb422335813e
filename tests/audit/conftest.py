"""What the audit's tests share: a shadow per test process, and copies of it to change."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from medtime_backend.local.shadow import Shadow, ShadowDatabase


@pytest.fixture(scope="session")
def shadow() -> Iterator[Shadow]:
    with Shadow() as running:
        yield running


@pytest.fixture
async def copy(shadow: Shadow) -> AsyncIterator[ShadowDatabase]:
    """A database of its own for one test. Roles are the whole server's: change these in a transaction only."""
    async with shadow.copy() as database:
        yield database


@pytest.fixture
async def copy_owner(copy: ShadowDatabase) -> AsyncIterator[asyncpg.Connection]:
    """The copy as `postgres`, who owns it and runs the migrations."""
    connection = await asyncpg.connect(copy.database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def copy_admin(copy: ShadowDatabase) -> AsyncIterator[asyncpg.Connection]:
    """The copy as the superuser."""
    connection = await asyncpg.connect(copy.admin_database_url)
    yield connection
    await connection.close()
