"""Starts functions when they are called, and again when their sources have changed."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deno import find_deno_bin

from medtime_backend.local.errors import ProcessDiedError, StackError
from medtime_backend.local.functions.configuration import Function
from medtime_backend.local.ports import LOOPBACK, PortReservation
from medtime_backend.local.processes import KeptProcess, ProcessSpec
from medtime_backend.local.waiting import wait_until

BOOT_SECONDS = 60.0
# What Deno itself needs of the machine; nothing else of the developer's environment reaches a function.
MACHINE = ("PATH", "HOME", "LANG", "TZ", "DENO_DIR", "DENO_CERT", "DENO_TLS_CA_STORE", "NPM_CONFIG_REGISTRY")
FLAGS = ("--no-lock", "--no-prompt", "--allow-net", "--allow-env")
"""No file, no other program: what is imported is loaded before."""


@dataclass
class Running:
    """A started function."""

    process: KeptProcess
    reservation: PortReservation
    stamp: float

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.reservation.port}"

    def stop(self) -> None:
        """Stop it and wait for that."""
        self.process.stop()
        self.reservation.release()


class Runtime:
    """The functions of a project. `environment` is what all of them see."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        self._environment = {name: os.environ[name] for name in MACHINE if name in os.environ} | dict(environment)
        self._logs = logs
        self._running: dict[str, Running] = {}
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def address(self, function: Function) -> str:
        """Return where the function answers, started if need be. Raises StackError when it does not start."""
        async with self._turns[function.name]:
            running = self._running.get(function.name)
            stamp = await asyncio.to_thread(function.stamp)
            if running is not None and (running.stamp != stamp or running.process.exit_code is not None):
                del self._running[function.name]
                await asyncio.to_thread(running.stop)
                running = None
            if running is None:
                running = self._running[function.name] = await asyncio.to_thread(self._start, function, stamp)
            return running.address

    async def close(self) -> None:
        """Stop all."""
        running, self._running = list(self._running.values()), {}
        for one in running:
            one.process.begin_stop()
        for one in running:
            await asyncio.to_thread(one.stop)

    def _start(self, function: Function, stamp: float) -> Running:
        reservation = PortReservation()
        command = [find_deno_bin(), "run", *FLAGS, "--config", str(function.configuration)]
        log = self._logs / f"function-{function.name}.log"
        log.touch(mode=0o600)
        process = KeptProcess(
            ProcessSpec(
                name=f"The function {function.name}",
                command=[*command, str(function.entrypoint)],
                log=log,
                grace_seconds=5.0,
                environment={**self._environment, "DENO_SERVE_ADDRESS": f"tcp:{LOOPBACK}:{reservation.port}"},
                inherited=False,
            )
        )
        running = Running(process, reservation, stamp)
        try:
            wait_until(lambda: _listens(running), what=f"the function {function.name} to answer", seconds=BOOT_SECONDS)
        except StackError:
            running.stop()
            raise
        return running


def _listens(running: Running) -> bool:
    if running.process.exit_code is not None:
        raise ProcessDiedError(f"{running.process.spec.name} ended by itself; its log is {running.process.spec.log}")
    try:
        socket.create_connection((LOOPBACK, running.reservation.port), timeout=1).close()
    except OSError:
        return False
    return True
