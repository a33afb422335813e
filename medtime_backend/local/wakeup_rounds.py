"""Has what is left of the wake-ups sent while the stack runs, as pg_cron or a CronJob does in production."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Final

import httpx

from medtime_backend.local.functions.configuration import find_function
from medtime_backend.operator_error import OperatorError
from medtime_backend.wakeup_sender import CALL_SECONDS, FUNCTION, send_what_is_due

LONGEST_ROUND: Final = 300.0
"""Seconds; the CronJob in deploy/kubernetes has as many."""


class WakeupRounds:
    """A thread that begins at once and calls the sender `seconds` after its start and after each round, until `stop`.

    `project` is the folder of config.toml: while it serves no such function, no call is made. `warn` is told in one
    line, from the thread, of a round that failed, once while it fails in the same way; never of the key.
    """

    def __init__(self, project: Path, url: str, key: str, *, seconds: float, warn: Callable[[str], None]) -> None:
        self._project = project
        self._url = url
        self._key = key
        self._seconds = seconds
        self._warn = warn
        # A loop of its own: the stack is synchronous, and whoever started it may have one running.
        self._loop = asyncio.new_event_loop()
        self._rounds = self._loop.create_task(self._go_on())
        # Daemon: it must not keep a process alive that forgot to stop its stack.
        self._thread = Thread(target=self._run, name="wakeup-rounds", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give up what is under way and wait for the thread to end. To be called once."""
        self._loop.call_soon_threadsafe(self._rounds.cancel)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._rounds)

    async def _go_on(self) -> None:
        # Nothing of the environment, such as a proxy: the gateway is on loopback.
        async with httpx.AsyncClient(timeout=CALL_SECONDS, trust_env=False) as http:
            failing = ""
            while True:
                await asyncio.sleep(self._seconds)
                try:
                    await self._send(http)
                    failing = ""
                # Whatever it is, a configuration that is being edited too, the next round may do.
                except Exception as fault:  # noqa: BLE001 - see above
                    text = str(fault) if isinstance(fault, OperatorError) else f"({type(fault).__name__})"
                    if text != failing:
                        self._warn(f"Wake-ups that are due were not sent. {text}")
                    failing = text

    async def _send(self, http: httpx.AsyncClient) -> None:
        if find_function(self._project, FUNCTION) is None:
            return
        async with asyncio.timeout(LONGEST_ROUND):
            await send_what_is_due(http, self._url, self._key)
