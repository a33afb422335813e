"""A service that is told to end while a worker of it is still starting, as when it is rolled back at once."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from medtime_backend.local.options import StackInfo
from tests.http.own_service import free_port
from tests.serve.served import Served, environment_of

pytestmark = pytest.mark.xdist_group("serve")
# As on a machine that has much else to do.
SLOW = """
import time
from cli import service_server
from cli.main import main

def load(drain):
    time.sleep(300)

service_server._load = load
main()
"""


async def test_a_worker_that_has_not_begun_is_not_waited_for(stack: StackInfo) -> None:
    """Else it would end when it is killed, after the longest time that a request may take."""
    port = free_port()
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - it starts at once; our own command
        [sys.executable, "-c", SLOW, "serve", "--port", str(port), "--workers", "2"],
        env=environment_of(stack),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    service = Served("", port, process)
    try:
        async with asyncio.timeout(60):
            while len(service.workers()) < 2:  # noqa: ASYNC110 - they are other processes
                await asyncio.sleep(0.05)
        service.tell(signal.SIGTERM)
        assert await service.ended(40) == 0
    finally:
        if process.poll() is None:
            for pid in (*service.workers(), process.pid):
                os.kill(pid, signal.SIGKILL)
        process.wait(timeout=20)
