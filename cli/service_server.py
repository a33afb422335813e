"""Granian, with an end that loses no request: first not ready, then no new connections, then nothing left to do."""

from __future__ import annotations

import gc
import os
import resource
import signal
import threading
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops, SSLProtocols
from granian.server.mp import MPServer

from medtime_backend.drain import Drain

# Granian's "backpressure" is the number of connections of a worker, idle ones too: beyond it new ones hang. Requests
# are bounded by MEDTIME_CONCURRENT_REQUESTS, which answers.
CONNECTIONS = 4096
BACKLOG = 4096
# Workers that do not end by then are killed: longer than a request may take.
SLACK_SECONDS = 5


class ServiceServer(MPServer):
    """Serves until SIGTERM, then `drain_seconds` more, no longer ready; SIGINT or a second SIGTERM ends it at once."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        workers: int,
        drain_seconds: float,
        request_timeout: float,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        super().__init__(
            "medtime_backend.app:create_app",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            http=HTTPModes.auto,
            workers=workers,
            websockets=False,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            respawn_failed_workers=True,
            workers_kill_timeout=int(request_timeout) + SLACK_SECONDS,
            ssl_cert=certificate,
            ssl_key=key,
            ssl_protocol_min=SSLProtocols.tls13,
        )
        self._drain = Drain()
        self._drain_seconds = drain_seconds
        self._process = os.getpid()

    def run(self) -> None:
        """Serve until a signal ends it."""
        _allow_files(CONNECTIONS)
        self.serve(target_loader=partial(_load, self._drain), wrap_loader=False)

    def signal_handler_interrupt(self, *arguments: Any, **more: Any) -> None:
        """Begin the end."""
        if os.getpid() != self._process:
            # A worker that is still starting has this handler too, which would swallow the signal: Granian would wait
            # as long as a request may take, and then kill it. It has taken in nothing.
            if arguments[0] == signal.SIGTERM:
                os._exit(0)
            return
        if arguments[0] == signal.SIGTERM and not self._drain.begun and self._drain_seconds:
            self._drain.begin()
            timer = threading.Timer(self._drain_seconds, super().signal_handler_interrupt, arguments)
            timer.daemon = True
            timer.start()
            return
        self._drain.begin()
        super().signal_handler_interrupt(*arguments, **more)  # type: ignore[no-untyped-call] # Granian's own


def _load(drain: Drain) -> Any:
    """The application of a worker."""
    from medtime_backend.app import create_app  # noqa: PLC0415 - other commands need not wait for it

    application = create_app(drain=drain)
    application.on_startup.append(_settle_memory)
    return application


def _settle_memory() -> None:
    """Spare the collector what is there to stay: it would go through all of it again and again while requests wait."""
    gc.collect()
    gc.freeze()


def _allow_files(connections: int) -> None:
    """Let a process hold as many connections as it may: many systems give 1024 files unless one asks for more."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections if most == resource.RLIM_INFINITY else min(2 * connections, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
