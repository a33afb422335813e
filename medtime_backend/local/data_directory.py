"""The data directory of a stack: its layout, its lock, its removal."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from threading import Event

from medtime_backend.local.errors import DataDirectoryBusyError, StackError
from medtime_backend.local.waiting import wait_until

# A stack that was killed leaves keepers behind which stop its processes within their grace.
LEFTOVER_SECONDS = 20.0


class DataDirectory:
    """Everything a stack keeps lies in here; only its owner can read it.

    `lock` makes it ours until `unlock`. The lock is the kernel's (flock), so a killed stack holds nothing; keepers
    hold it too (`lock_descriptor`), so a directory is free only when nothing works in it any more.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.credentials = self.path / "credentials.json"
        self.signing_key = self.path / "signing_key.pem"
        self.retired_keys = self.path / "retired_keys.json"
        self.issuer_key = self.path / "test_issuer_key.pem"
        self.valkey_config = self.path / "valkey.conf"
        self.logs = self.path / "logs"
        self._metrics = self.path / "metrics"
        self.description = self.path / "stack.json"
        self._lock_file = self.path / "stack.lock"
        self.lock_descriptor: int | None = None

    def log(self, name: str) -> Path:
        """Return the path of a process's log, emptied: a log tells of one run; the run before it is kept as `.1`."""
        path = self.logs / f"{name}.log"
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        path.touch(mode=0o600)
        return path

    def new_metrics(self) -> Path:
        """Return the directory of the workers' metrics, emptied: the workers before have counted for themselves."""
        shutil.rmtree(self._metrics, ignore_errors=True)
        self._metrics.mkdir(mode=0o700)
        return self._metrics

    def lock(self, cancelled: Event | None = None) -> None:
        """Make the directory if needed and take its lock. Raises DataDirectoryBusyError or StackError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StackError(f"The data directory {self.path} cannot be used: {error.strerror}.") from error
        try:
            wait_until(
                lambda: self._try_lock(descriptor),
                what=f"the processes of a killed stack to leave {self.path}",
                seconds=LEFTOVER_SECONDS,
                cancelled=cancelled,
            )
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self.lock_descriptor = descriptor
        # Left by a stack that was killed: what it describes is gone.
        self.description.unlink(missing_ok=True)

    def _try_lock(self, descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode()
            if _is_alive(holder):
                raise DataDirectoryBusyError(
                    f"The data directory {self.path} is in use by another stack (process {holder})."
                ) from None
            return False
        return True

    def unlock(self) -> None:
        """Let the directory go. Can be called again."""
        if self.lock_descriptor is not None:
            self.description.unlink(missing_ok=True)
            os.close(self.lock_descriptor)
            self.lock_descriptor = None

    def clear(self) -> None:
        """Remove all data of the (locked) directory, for a start from nothing."""
        for directory in (self.postgres, self.postgres.with_suffix(".new"), self.logs, self._metrics):
            shutil.rmtree(directory, ignore_errors=True)
        for file in (self.credentials, self.signing_key, self.retired_keys, self.issuer_key, self.valkey_config):
            file.unlink(missing_ok=True)
        self.logs.mkdir(mode=0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
