"""Ports of the loopback interface: reserve a free one, and say who holds a busy one."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from medtime_backend.local.errors import PortBusyError

LOOPBACK = "127.0.0.1"
LISTENING = "0A"


class PortReservation:
    """A port kept free for a child until `release`.

    The socket is bound but never listens: with SO_REUSEADDR on both sides the child can bind the same port, while
    the kernel gives it to nobody who asks for "any". Port 0 takes a free one. Raises PortBusyError. The check is
    needed because Granian sets SO_REUSEPORT: two services would share the port without a word.
    """

    def __init__(self, port: int = 0, host: str = LOOPBACK) -> None:
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        except OSError as error:
            raise PortBusyError(f"{host} is no address of this machine: {error.strerror}.") from error
        self._socket = socket.socket(family, kind)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(address)
        except OSError as error:
            self._socket.close()
            if error.errno == errno.EADDRINUSE:
                raise PortBusyError(f"Port {port} is held by {describe_holder(port)}.") from error
            raise PortBusyError(f"Port {port} cannot be used: {error.strerror}.") from error
        self.port: int = self._socket.getsockname()[1]

    def release(self) -> None:
        """Let the port go. Can be called again."""
        self._socket.close()


def describe_holder(port: int) -> str:
    """Process id and command of who listens on the port, or that it cannot be seen."""
    inodes = _listening_inodes(port)
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            held = {str(entry.readlink()) for entry in (directory / "fd").iterdir()}
            if inodes & held:
                command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {directory.name} ({command[:120]})"
        except OSError:
            # Gone meanwhile, or another user's.
            continue
    return "a process of another user (its name cannot be read)"


def _listening_inodes(port: int) -> set[str]:
    """Links as in /proc/<pid>/fd of the sockets that listen on the port."""
    found: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            rows = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
