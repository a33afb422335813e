"""An instance of several workers, as `medtime serve` starts it, and what each of them has written."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from prometheus_client.mmap_dict import MmapedDict

from medtime_backend.exposition import VARIABLE
from medtime_backend.local.options import StackInfo
from tests.http.own_service import LOOPBACK, answering, free_port
from tests.rates import UNLIMITED

WORKERS = 3


@asynccontextmanager
async def instance(stack: StackInfo, folder: Path, **settings: str) -> AsyncIterator[tuple[str, int]]:
    """The address of an instance of several workers that all serve, and the id of its first process."""
    port = free_port()
    environment = {
        **os.environ,
        **UNLIMITED,
        VARIABLE: str(folder),
        # Workers that have just begun have no connections yet: on a slow machine, who asks first waits long for one.
        "MEDTIME_DATABASE_POOL_TIMEOUT": "30",
        "MEDTIME_DATABASE_STATEMENT_TIMEOUT": "30",
        "MEDTIME_REDIS_URL": stack.redis_url,
        "MEDTIME_DATABASE_URL": stack.service_database_url,
        "MEDTIME_JWKS_URL": f"{stack.auth_url}/.well-known/jwks.json",
        **{f"MEDTIME_{name.upper()}": value for name, value in settings.items()},
    }
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - it starts at once; our own interpreter
        [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", LOOPBACK),
            *("--port", str(port), "--workers", str(WORKERS), "--respawn-failed-workers", "--no-ws"),
            "medtime_backend.app:create_app",
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://{LOOPBACK}:{port}"
    try:
        async with httpx.AsyncClient(base_url=address) as http:
            await answering(http)
        # One of them answers. Until the last has reached Redis, the instance has none.
        await until(lambda: told(folder, "gauge_livemin", "redis_up") == [1.0] * WORKERS)
        yield address, process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=4)
        except subprocess.TimeoutExpired:
            # Granian that has started a worker anew does not always see its end.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for the workers; at most 60 s."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - no process sets an event of ours
            await asyncio.sleep(0.05)


def writers(folder: Path, kind: str = "counter") -> set[int]:
    """The processes that have written metrics of this kind."""
    return {int(file.stem.rpartition("_")[2]) for file in folder.glob(f"{kind}_*.db")}


def told(folder: Path, kind: str, sample: str, **labels: str) -> list[float]:
    """What each process says of a metric, added up over the labels that are not given."""
    found = []
    # One that a worker is about to begin is still empty.
    for file in (one for one in folder.glob(f"{kind}_*.db") if one.stat().st_size):
        values = ((json.loads(key), value) for key, value, *_ in MmapedDict.read_all_values_from_file(str(file)))
        found.append(sum(value for key, value in values if key[1] == sample and labels.items() <= key[2].items()))
    return found


def answered(folder: Path, route: str) -> int:
    """How many workers have answered requests of a route."""
    return sum(amount > 0 for amount in told(folder, "counter", "http_requests_total", route=route))


async def ask(address: str, path: str, times: int, method: str = "GET") -> None:
    """Requests on connections of their own, so that they meet several workers."""
    for start in range(0, times, 50):
        async with httpx.AsyncClient(
            base_url=address, limits=httpx.Limits(max_keepalive_connections=0), timeout=60
        ) as http:
            await asyncio.gather(*(http.request(method, path) for _ in range(min(50, times - start))))


def alive(process: int) -> bool:
    """Whether it still holds files: a zombie does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
