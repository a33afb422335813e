"""Calls the edge function push-notify when something was written, so that devices are woken at once.

Best effort: nobody waits for it, and what a call misses is sent within the minute by whoever calls regularly
(docs/wakeups.md). One call is under way at a time, and at most one a second begins, however many pushes ask.
"""

import asyncio
from typing import Final

import httpx
import structlog

from medtime_backend.metrics import Metrics
from medtime_backend.settings import Settings

PAUSE: Final = 1.0
LONGEST_CALL: Final = 60.0

log = structlog.get_logger()


class WakeupCalls:
    """The calls of one worker. Without `functions_url` it only counts."""

    def __init__(self, settings: Settings, metrics: Metrics, http: httpx.AsyncClient, pause: float = PAUSE) -> None:
        self._metrics = metrics
        self._http = http
        self._pause = pause
        self._url = f"{settings.functions_url.rstrip('/')}/push-notify" if settings.functions_url else ""
        self._key = settings.functions_key
        self._wanted = asyncio.Event()
        self._calling: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to listen for requests."""
        if self._url:
            self._calling = asyncio.create_task(self._call_when_wanted())

    async def close(self) -> None:
        """Give up what is under way: the sender goes on without us."""
        if self._calling:
            self._calling.cancel()
            await asyncio.gather(self._calling, return_exceptions=True)

    def request(self) -> None:
        """Have the sender called soon. Returns at once and never fails."""
        self._metrics.wakeups_requested.inc()
        self._wanted.set()

    async def _call_when_wanted(self) -> None:
        while True:
            await self._wanted.wait()
            # Before the call: what is asked for meanwhile may be too late for it.
            self._wanted.clear()
            self._metrics.wakeup_calls.labels(await self._call()).inc()
            await asyncio.sleep(self._pause)

    async def _call(self) -> str:
        code = ""
        try:
            async with (
                asyncio.timeout(LONGEST_CALL),
                # The answer's body says nothing that is needed here.
                self._http.stream("POST", self._url, headers={"apikey": self._key}, timeout=LONGEST_CALL) as answer,
            ):
                if answer.is_success:
                    return "ok"
                code = str(answer.status_code)
        # Whatever it is, pushes go on. Its class alone: the text could name the address.
        except Exception as fault:  # noqa: BLE001 - see above
            code = type(fault).__name__
        log.warning("wakeup_call_failed", code=code)
        return "failed"
