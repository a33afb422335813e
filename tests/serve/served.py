"""`medtime serve` itself, as an operator starts it, on the stack of the tests."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from medtime_backend.local.options import StackInfo
from tests.cli.command import MEDTIME, ROOT
from tests.http.own_service import LOOPBACK, answering, free_port
from tests.rates import UNLIMITED


@dataclass
class Served:
    """A running `medtime serve`."""

    address: str
    port: int
    process: subprocess.Popen[bytes]

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the process an operator knows."""
        self.process.send_signal(number)

    async def ended(self, seconds: float = 40) -> int:
        """Its exit code, once it has ended."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "the service does not end"
            await asyncio.sleep(0.02)
        return self.process.returncode

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


def environment_of(stack: StackInfo, **settings: str) -> dict[str, str]:
    """What points a service at the stack, and the settings of a test."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("MEDTIME_")},
        **UNLIMITED,
        "PYTHONPATH": str(ROOT),
        "MEDTIME_REDIS_URL": stack.redis_url,
        "MEDTIME_DATABASE_URL": stack.service_database_url,
        "MEDTIME_JWKS_URL": f"{stack.auth_url}/.well-known/jwks.json",
        "MEDTIME_DRAIN_SECONDS": "0",
        **{f"MEDTIME_{name.upper()}": value for name, value in settings.items()},
    }


def patient(stack: StackInfo) -> dict[str, str]:
    """Settings with which a request waits for a lock as long as a test holds it, however slow the machine."""
    return {
        "database_url": f"{stack.service_database_url}&lock_timeout=60s&statement_timeout=60s",
        "database_statement_timeout": "60",
    }


@asynccontextmanager
async def served(
    stack: StackInfo, *arguments: str, port: int = 0, scheme: str = "http", log: Path | None = None, **settings: str
) -> AsyncIterator[Served]:
    """Start it, wait until it answers, and end it."""
    port = port or free_port()
    output = subprocess.DEVNULL if log is None else log.open("wb")
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - it starts at once; our own command
        [*MEDTIME, "serve", "--port", str(port), *arguments],
        env=environment_of(stack, **settings),
        stdout=output,
        stderr=output,
    )
    found = Served(f"{scheme}://{LOOPBACK}:{port}", port, process)
    try:
        # The certificate is the test's own.
        async with httpx.AsyncClient(base_url=found.address, verify=False) as http:  # noqa: S501
            await answering(http)
        yield found
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            await found.ended()
        if not isinstance(output, int):
            output.close()
