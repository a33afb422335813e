"""The stack every test runs on: real Postgres, Valkey, auth server and service, one per test process."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, settings

from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack
from tests.accounts import Account, new_account
from tests.rates import QUIET, UNLIMITED
from tests.servers import SERVERS, available

# How long an example takes is the machine's affair: by default each has a fifth of a second.
settings.register_profile("medtime", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("medtime")

# The background of a shell ignores Ctrl-C, and so would all that is started from there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack() -> Iterator[StackInfo]:
    with (
        tempfile.TemporaryDirectory(prefix="medtime-test-") as folder,
        Stack(
            StackOptions(data_dir=Path(folder) / "stack", durable=False, service_environment=UNLIMITED | QUIET)
        ) as info,
    ):
        yield info


@pytest.fixture
async def admin(stack: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    """The superuser of the stack's database."""
    connection = await asyncpg.connect(stack.admin_database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def account(stack: StackInfo, admin: asyncpg.Connection) -> AsyncIterator[Callable[[], Awaitable[Account]]]:
    """Make users with a token and an HTTP client of their own."""
    made: list[Account] = []

    async def make() -> Account:
        made.append(await new_account(stack, admin))
        return made[-1]

    yield make
    await asyncio.gather(*(one.http.aclose() for one in made))


@pytest.fixture
async def user(account: Callable[[], Awaitable[Account]]) -> Account:
    return await account()


@pytest.fixture
async def anyone(stack: StackInfo) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token."""
    async with httpx.AsyncClient(base_url=stack.base_url, timeout=60) as http:
        yield http


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(f"postgres-{name}")) for name in SERVERS],
)
def cluster(request: pytest.FixtureRequest) -> Iterator[StackInfo]:
    """A database with all migrations, on each Postgres that can be had here; no service."""
    binaries = available(request.param)
    if isinstance(binaries, str):
        pytest.skip(binaries)
    with (
        tempfile.TemporaryDirectory(prefix="medtime-test-") as folder,
        Stack(
            StackOptions(
                data_dir=Path(folder) / "stack",
                durable=False,
                service=False,
                seed=False,
                postgres_bin=binaries,
                legacy_privileges=request.param.endswith("legacy"),
            )
        ) as info,
    ):
        yield info


@pytest.fixture
async def superuser(cluster: StackInfo) -> AsyncIterator[asyncpg.Connection]:
    """The superuser of the cluster."""
    connection = await asyncpg.connect(cluster.admin_database_url)
    yield connection
    await connection.close()
