"""Clients of the auth server: of the shared stack, and of one whose hook and keys a test may change."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack


@pytest.fixture
async def auth(stack: StackInfo) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.auth_url, timeout=30) as client:
        yield client


@pytest.fixture
def new_email() -> Callable[[], str]:
    """Addresses that nobody has."""
    return lambda: f"{uuid4()}@test.medtime.app"


@pytest.fixture(scope="session")
def own_stack() -> Iterator[StackInfo]:
    """Not the shared one: the service keeps the keys and all tests the hook of that. Without a service."""
    with (
        tempfile.TemporaryDirectory(prefix="medtime-test-") as folder,
        Stack(StackOptions(data_dir=Path(folder) / "stack", durable=False, service=False)) as info,
    ):
        yield info


@pytest.fixture
async def own_auth(own_stack: StackInfo) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=own_stack.auth_url, timeout=30) as client:
        yield client


@pytest.fixture
async def own_admin(own_stack: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    """The superuser of the database behind `own_auth`."""
    connection = await asyncpg.connect(own_stack.admin_database_url)
    yield connection
    await connection.close()
