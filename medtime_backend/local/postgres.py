"""The stack's Postgres server: make its data directory, start it, connect to it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from threading import Event

import asyncpg

from medtime_backend.local.credentials import Credentials
from medtime_backend.local.data_directory import DataDirectory, write_private
from medtime_backend.local.errors import StackCancelledError, StackError
from medtime_backend.local.postgres_binaries import PostgresBinaries
from medtime_backend.local.processes import KeptProcess, ProcessSpec
from medtime_backend.local.waiting import POLL_SECONDS

SUPERUSER = "supabase_admin"
DATABASE = "postgres"
START_SECONDS = 60.0
INITDB_SECONDS = 120.0

# What users store is in no log: neither statements nor parameters nor the DETAIL lines that quote rows.
LOG_SETTINGS = {
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class PostgresServer:
    """A Postgres for one data directory. TCP on loopback only: a socket's path could be too long (107 bytes)."""

    binaries: PostgresBinaries
    directory: DataDirectory
    credentials: Credentials
    port: int
    durable: bool

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address for a role whose password the credentials hold.

        `sslmode=disable` is for the official Supabase CLI, which otherwise insists on TLS even on loopback.
        """
        password = getattr(self.credentials, role)
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def initialize(self, cancelled: Event) -> None:
        """Run initdb unless the data is there. Raises StackError if another major version made it."""
        data = self.directory.postgres
        if data.exists():
            self._check_version((data / "PG_VERSION").read_text(encoding="ascii").strip())
            return
        # Beside the final place, so that an interrupted initdb is never taken for a database.
        draft = data.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file = draft.with_name("password.new")
        write_private(password_file, self.credentials.supabase_admin)
        self._give_away(draft, password_file)
        process = KeptProcess(
            ProcessSpec(
                name="initdb",
                command=[*self._initdb_command(), f"--pwfile={password_file}", "-D", str(draft)],
                log=self.directory.log("initdb"),
                identity=self.binaries.identity,
                kept_open=self._kept_open(),
            )
        )
        try:
            if process.wait(seconds=INITDB_SECONDS, cancelled=cancelled) != 0:
                raise StackError("initdb could not make the database.", details=process.log_tail())
        finally:
            process.stop()
            password_file.unlink()
        draft.rename(data)

    def start(self) -> KeptProcess:
        """Start the server; `wait_until_ready` tells when it answers."""
        self._remove_stale_pid_file()
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": str(self.port),
            "timezone": "UTC",
            "jit": "off",
            # After a crash: one system call instead of an fsync of a thousand files, which takes seconds.
            **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
            **LOG_SETTINGS,
            **({} if self.durable else NOT_DURABLE),
        }
        return KeptProcess(
            ProcessSpec(
                name="Postgres",
                command=[
                    *(self.binaries.postgres, "-D", str(self.directory.postgres)),
                    *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
                ],
                log=self.directory.log("postgres"),
                stop_signal=Signals.SIGINT,  # "fast": ends sessions, writes a checkpoint
                grace_seconds=30,
                identity=self.binaries.identity,
                kept_open=self._kept_open(),
            )
        )

    async def wait_until_ready(self, process: KeptProcess, cancelled: Event) -> None:
        """Return when the server accepts a connection. Raises ProcessDiedError, StackError, StackCancelledError."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            process.raise_if_dead()
            try:
                connection = await asyncpg.connect(self.url(SUPERUSER))
            except (OSError, asyncpg.CannotConnectNowError):
                if cancelled.is_set():
                    raise StackCancelledError("Stopped while starting.") from None
                if time.monotonic() > deadline:
                    raise StackError("Postgres does not answer.", details=process.log_tail()) from None
                await asyncio.sleep(POLL_SECONDS)
            else:
                await connection.close()
                return

    def _initdb_command(self) -> list[str]:
        command = [
            *(self.binaries.initdb, "-U", SUPERUSER, "-E", "UTF8", "--auth=scram-sha-256"),
            # Byte order and Unicode case, the same on every machine.
            "--locale=C.UTF-8",
        ]
        if self.binaries.major >= 17:  # noqa: PLR2004 - the version that brought the builtin provider
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return command if self.durable else [*command, "--no-sync"]

    def _kept_open(self) -> tuple[int, ...]:
        lock = self.directory.lock_descriptor
        return () if lock is None else (lock,)

    def _check_version(self, made_by: str) -> None:
        if made_by != str(self.binaries.major):
            raise StackError(
                f"The data in {self.directory.path} was made by Postgres {made_by}, this is {self.binaries.major}: "
                "use the old one with --postgres-bin, another --data-dir, or start anew with --reset."
            )

    def _give_away(self, *paths: Path) -> None:
        """Where Postgres runs as another user, the data must be that user's and the way to it open."""
        if ":" not in self.binaries.identity:
            return
        uid, gid = (int(part) for part in self.binaries.identity.split(":"))
        self.directory.path.chmod(0o711)
        for path in paths:
            os.chown(path, uid, gid)

    def _remove_stale_pid_file(self) -> None:
        """Remove a pid file whose process is not our server: after a reboot that number may be anybody's.

        The directory's lock is ours and every keeper shares it, so no server of an earlier stack can be alive,
        except one whose keeper was killed; that one works in this directory, and Postgres itself refuses then.
        """
        pid_file = self.directory.postgres / "postmaster.pid"
        try:
            pid = pid_file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
            if Path(f"/proc/{int(pid)}/cwd").resolve() == self.directory.postgres.resolve():
                return
        except FileNotFoundError:
            return
        except (OSError, ValueError):
            # No such process, another user's, or a torn file.
            pass
        pid_file.unlink(missing_ok=True)
