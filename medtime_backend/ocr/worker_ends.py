"""What the service holds of a worker."""

import socket
import time
from typing import Self


class WorkerEnds:
    """The service's ends of a worker's sockets: a connection to talk, a line on which nothing is ever said.

    When the line closes, the worker ends, whatever it is doing: by `close`, or with this process. Its time began at
    `asked`, in seconds of the monotonic clock.
    """

    def __init__(self, connection: socket.socket, line: socket.socket) -> None:
        self.asked = time.monotonic()
        self.connection = connection
        self._line = line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker. Can be called again."""
        self._line.close()
        self.connection.close()
