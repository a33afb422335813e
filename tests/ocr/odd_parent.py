"""A warmed parent whose engine or kernel is out of luck, in place of the true one. MEDTIME_TEST_ODD says how."""

import errno
import hashlib
import os
import sys
import time
from typing import Final
from unittest import mock

from PIL.Image import Image

from medtime_backend.ocr import warmed_parent
from medtime_backend.ocr.engines.engine import Line

HOW: Final = os.environ["MEDTIME_TEST_ODD"]
LINES: Final = 30_000


class Endless:
    """An engine that is in native code for minutes and never looks up."""

    def read(self, image: Image, deadline: float) -> list[Line]:
        del image, deadline
        hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
        return []


class Long:
    """An engine whose answer no socket takes in at once."""

    def read(self, image: Image, deadline: float) -> list[Line]:
        del image, deadline
        return [Line("Nombre", 1.0)] * LINES


class Full:
    """A kernel that has no process to give at first."""

    def __init__(self) -> None:
        self._fork = os.fork
        self._refused = False

    def __call__(self) -> int:
        if self._refused:
            return self._fork()
        self._refused = True
        raise BlockingIOError(errno.EAGAIN, "no process is to be had")


def stick() -> int:
    """A fork that never comes back, as one that waits for a lock that nobody lets go of."""
    time.sleep(600)
    return 0


def main() -> None:
    engine = {"endless": Endless, "long": Long}.get(HOW)
    if engine is None:
        odd = mock.patch.object(os, "fork", stick if HOW == "stuck" else Full())
    else:
        odd = mock.patch.object(warmed_parent, "open_engine", return_value=engine())
    with odd:
        warmed_parent.run(int(sys.argv[1]))


if __name__ == "__main__":
    main()
