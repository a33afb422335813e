"""Stores to ask: in this process, on one Valkey, on a cluster of three."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from medtime_backend.admission.in_process import InProcessStore
from medtime_backend.admission.shared import SharedStore
from tests.admission.redis_servers import Server, cluster

MAX_AGE = 45.0


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def valkey_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster of three nodes."""
    with cluster(tmp_path_factory.mktemp("cluster")) as nodes:
        yield f"redis+cluster://127.0.0.1:{nodes[0].port}"


@pytest.fixture(params=["in process", "one server", "cluster"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[InProcessStore | SharedStore]:
    """Each kind of store."""
    if request.param == "in process":
        yield InProcessStore(MAX_AGE)
        return
    address = (
        request.getfixturevalue("valkey").url
        if request.param == "one server"
        else request.getfixturevalue("valkey_cluster")
    )
    shared = SharedStore(address, 2.0, MAX_AGE)
    await shared.open()
    yield shared
    await shared.close()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Server]:
    """A server that the test may kill."""
    with Server(tmp_path) as server:
        yield server
