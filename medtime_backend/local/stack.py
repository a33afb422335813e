"""The embedded stack as a whole: start everything, tell where it is, stop everything."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event
from types import TracebackType

from medtime_backend.local.bootstrap import demo_users, prepare_database
from medtime_backend.local.credentials import Credentials, load_credentials
from medtime_backend.local.data_directory import DataDirectory, write_private
from medtime_backend.local.errors import StackError
from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.ports import LOOPBACK, PortReservation
from medtime_backend.local.postgres import PostgresServer
from medtime_backend.local.postgres_binaries import find_postgres
from medtime_backend.local.processes import KeptProcess
from medtime_backend.local.tokens import SigningKey
from medtime_backend.local.valkey import start_valkey, valkey_answers, valkey_url
from medtime_backend.local.waiting import wait_for_all, wait_until
from medtime_backend.local.wakeup_rounds import WakeupRounds
from medtime_backend.local.web_processes import (
    AUTH_PATH,
    FUNCTIONS_PATH,
    answers_ok,
    start_gateway,
    start_service,
)

READY_SECONDS = 60.0
# Those that use the databases go first; all of one group stop at the same time.
STOP_ORDER = (("service",), ("gateway",), ("valkey", "postgres"))


def _say_nothing(_: str) -> None:
    """Report to nobody."""


class Stack:
    """Start with `start` or `with Stack(options) as info:`; always `stop`.

    The interface is synchronous and safe under a running event loop. However this process ends, its keepers stop
    what it started. `cancel` may be called from a signal handler: `start` then raises StackCancelledError.
    `warn` is told in one line, from any thread, what fails while the stack runs on.
    """

    def __init__(self, options: StackOptions, warn: Callable[[str], None] = _say_nothing) -> None:
        self.options = options
        self._warn = warn
        self._directory = DataDirectory(options.data_dir)
        self._processes: dict[str, KeptProcess] = {}
        self._rounds: WakeupRounds | None = None
        self._cancelled = Event()

    def start(self, *, reset: bool = False, report: Callable[[str], None] = _say_nothing) -> StackInfo:
        """Start everything and return when the service answers; `reset` first removes all data.

        `report` is told what is being done. Raises StackError (busy port or directory, a process that died, …)
        or MigrationError; nothing is left running then.
        """
        if os.environ.get("MEDTIME_ENVIRONMENT", "").strip().lower() == "production":
            raise StackError("The embedded stack never runs in production (MEDTIME_ENVIRONMENT).")
        try:
            with ExitStack() as reservations:
                ports = []
                # The asked port first: the likeliest failure must not cost a start.
                for port in (self.options.port, 0, 0, 0):
                    reservation = PortReservation(port)
                    reservations.callback(reservation.release)
                    ports.append(reservation.port)
                self._directory.lock(self._cancelled)
                if reset:
                    self._directory.clear()
                return self._start(report, *ports)
        except BaseException:
            self.stop()
            raise

    def cancel(self) -> None:
        """Make a running `start` give up soon."""
        self._cancelled.set()

    def raise_if_dead(self) -> None:
        """Raise ProcessDiedError if a process of the stack has ended by itself."""
        for process in tuple(self._processes.values()):
            process.raise_if_dead()

    def stop(self) -> None:
        """Stop all processes and free the data directory. Can be called again."""
        # First: a call to what is being stopped would be told as a failure.
        rounds, self._rounds = self._rounds, None
        if rounds is not None:
            rounds.stop()
        for group in STOP_ORDER:
            processes = [self._processes.pop(name) for name in group if name in self._processes]
            for process in processes:
                process.begin_stop()
            for process in processes:
                process.stop()
        self._directory.unlock()

    def __enter__(self) -> StackInfo:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _start(
        self, report: Callable[[str], None], port: int, postgres_port: int, valkey_port: int, gateway_port: int
    ) -> StackInfo:
        directory, options = self._directory, self.options
        credentials = load_credentials(directory.credentials)
        server = PostgresServer(
            binaries=find_postgres(options.postgres_bin, directory.path),
            directory=directory,
            credentials=credentials,
            port=postgres_port,
            durable=options.durable,
        )
        info = self._describe(server, credentials, port, valkey_port, gateway_port)
        report("Starting Postgres, Valkey and the gateway, applying migrations")
        with ThreadPoolExecutor(max_workers=3, thread_name_prefix="stack") as pool:
            wait_for_all(
                [
                    pool.submit(self._start_valkey, credentials, valkey_port),
                    pool.submit(self._start_gateway, server, gateway_port),
                    pool.submit(self._start_database, server),
                ],
                cancel=self.cancel,
            )
        if options.service:
            report("Starting the service")
            service = self._keep("service", start_service(directory, options, info, port=port))
            self._wait_until(service, lambda: answers_ok(port, "/health/ready"))
        # While the stack runs, others find it by its data directory (docs/two_phones.py does).
        # The superuser's address is here alone, for the audit: it must become roles that postgres may not.
        told = {**info.as_json(), "admin_database_url": info.admin_database_url}
        write_private(directory.description, json.dumps(told))
        if options.wakeup_seconds:
            self._rounds = WakeupRounds(
                *(options.project, info.functions_url, info.secret_key),
                seconds=options.wakeup_seconds,
                warn=self._warn,
            )
        return info

    def _describe(
        self, server: PostgresServer, credentials: Credentials, port: int, valkey_port: int, gateway_port: int
    ) -> StackInfo:
        supabase_url = f"http://{LOOPBACK}:{gateway_port}"
        return StackInfo(
            base_url=f"http://{LOOPBACK}:{port}",
            supabase_url=supabase_url,
            auth_url=f"{supabase_url}{AUTH_PATH}",
            functions_url=f"{supabase_url}{FUNCTIONS_PATH}",
            database_url=server.url("postgres"),
            service_database_url=server.url("medtime_service"),
            admin_database_url=server.url("supabase_admin"),
            redis_url=valkey_url(credentials, valkey_port),
            users=demo_users(credentials) if self.options.seed else (),
            data_dir=self._directory.path,
            signing_key=self._directory.signing_key,
            service_log=self._directory.log("service"),
            issuer=self.options.issuer,
            audience=self.options.audience,
            publishable_key=credentials.publishable_key,
            secret_key=credentials.secret_key,
        )

    def _start_valkey(self, credentials: Credentials, port: int) -> None:
        process = self._keep("valkey", start_valkey(self._directory, credentials, port))
        self._wait_until(process, lambda: valkey_answers(valkey_url(credentials, port)))

    def _start_gateway(self, server: PostgresServer, port: int) -> None:
        for key in (self._directory.signing_key, self._directory.issuer_key):
            SigningKey.load_or_create(key)
        process = self._keep("gateway", start_gateway(self._directory, self.options, server, port=port))
        self._wait_until(process, lambda: answers_ok(port, f"{AUTH_PATH}/health"))

    def _start_database(self, server: PostgresServer) -> None:
        server.initialize(self._cancelled)
        process = self._keep("postgres", server.start())
        # This thread's own event loop: the caller may have one running.
        asyncio.run(self._prepare_database(server, process))

    async def _prepare_database(self, server: PostgresServer, process: KeptProcess) -> None:
        await server.wait_until_ready(process, self._cancelled)
        await prepare_database(server, self.options)

    def _wait_until(self, process: KeptProcess, answers: Callable[[], bool]) -> None:
        def ready() -> bool:
            process.raise_if_dead()
            return answers()

        wait_until(
            ready,
            what=f"{process.spec.name} to answer",
            seconds=READY_SECONDS,
            cancelled=self._cancelled,
            details=process.log_tail,
        )

    def _keep(self, name: str, process: KeptProcess) -> KeptProcess:
        self._processes[name] = process
        return process
