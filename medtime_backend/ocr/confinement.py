"""What a worker may do: nothing that outlives it. And how it forgets."""

import ctypes
import fcntl
import gc
import os
import resource
import signal
import socket
from pathlib import Path
from typing import Final

from medtime_backend.ocr.limits import MEMORY_BYTES, SECONDS

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
M_PERTURB: Final = -6
STANDARD: Final = 3
"""File descriptors 0, 1 and 2, which lead nowhere."""
SOCKETS: Final = 64
"""File descriptors of a worker whose engine is elsewhere: it needs connections and the list of authorities."""
ENVIRONMENT: Final = {
    # Each size of freed memory is overwritten below; glibc's caches and Python's own arenas would keep theirs.
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
    # onnxruntime writes a device id and an event database into the home directory otherwise, and calls home (O2).
    "ORT_DISABLE_TELEMETRY": "1",
    # One thread: others would not survive the fork.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
}
"""The whole environment of the warmed parent and its workers."""

_libc = ctypes.CDLL(None, use_errno=True)


def confine_parent() -> None:
    """Nothing is written and no core dumped by the warmed parent either; it ends with the service."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def confine_worker(parent: int, *, needs_network: bool) -> None:
    """Bound this process: the kernel ends it after SECONDS, gives it no more memory, no file and no socket.

    With three descriptors allowed and all three open, every `open`, `socket` and `connect` of anything new fails.
    `parent` is the process that forked this one: where it has ended already, raises ProcessLookupError.
    """
    # A signal that the service's thread had blocked would come through the exec and the fork, and never arrive.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # Who died before that call sends no signal (prctl(2)).
    if os.getppid() != parent:
        raise ProcessLookupError("the warmed parent has ended")
    _go_first()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    memory = _address_space() + MEMORY_BYTES
    for what, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_NOFILE, SOCKETS if needs_network else STANDARD),
    ):
        resource.setrlimit(what, (most, most))
    # From now on glibc overwrites what is freed, whoever frees it: strings and buffers of every library.
    _libc.mallopt(M_PERTURB, 0xA5)


def end_on_hang_up(line: socket.socket) -> None:
    """From now on the kernel ends this process when the other end of the line closes: nobody waits any more.

    By SIGIO (fcntl(2), F_SETOWN), whose default is to end the process, so that native code is not asked first. Bytes
    send it too, some of them later than they can be read: so nothing may ever be said on a line. Raises EOFError where
    the other end has closed before, and OSError.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(line, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(line, fcntl.F_SETFL, fcntl.fcntl(line, fcntl.F_GETFL) | os.O_ASYNC)
    # What closed before that gives no signal any more.
    try:
        if not line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
            raise EOFError("the other end has closed")
    except BlockingIOError:
        pass


def _go_first() -> None:
    """Have a system without memory end this process, not its parent or the service (proc(5), oom_score_adj)."""
    # The file is root's while the process is not dumpable.
    _libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    try:
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:
        # There the kernel chooses by size alone.
        pass
    finally:
        _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def erase(*secrets: bytes | bytearray) -> None:
    """Overwrite byte strings in place, and let go of everything that only cycles keep."""
    for secret in secrets:
        if isinstance(secret, bytearray):
            secret[:] = bytes(len(secret))
        elif len(secret) > 1:
            # One-byte strings are shared by all of Python.
            ctypes.memset(id(secret) + bytes.__basicsize__ - 1, 0, len(secret))
    gc.collect()


def _address_space() -> int:
    """Bytes of address space this process has now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
