"""Keeps one child of the embedded stack, and lets it live no longer than the stack.

Run as `python -I -S keeper.py SIGNAL GRACE IDENTITY COMMAND...` in a session of its own, so that Ctrl-C in the
terminal does not reach the child. Standard input is the read end of a pipe whose other end the stack holds: however
the stack ends, `kill -9` included, the kernel closes the pipe and the child is stopped, first with SIGNAL, after
GRACE seconds by killing its process group. The keeper exits as its child did (128 + number for a signal).

IDENTITY is `same`, `namespace` (root only: a user namespace in which root is an ordinary user, because Postgres
refuses to run as root) or `UID:GID`. Standard library only: it starts in about ten milliseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

CANNOT_START = 125
CLONE_NEWUSER = 0x10000000
ORDINARY_ID = 1000
PR_SET_PDEATHSIG = 1


def enter_user_namespace() -> None:
    """Continue as uid 1000 of a new user namespace, where root's files stay ours. Raises OSError when refused."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespace refused")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{ORDINARY_ID} 0 1"),
        ("gid_map", f"{ORDINARY_ID} 0 1"),
    ):
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")


def prepare_child(identity: str, stop_signal: int, keeper: int) -> None:
    """Run in the child before the command: take the identity and die with the keeper."""
    if identity == "namespace":
        enter_user_namespace()
    elif identity != "same":
        uid, gid = (int(part) for part in identity.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of identity, which clears this wish.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_signal)
        if os.getppid() != keeper:
            os._exit(CANNOT_START)


def wait_until_over(child: subprocess.Popen[bytes], wake: int) -> None:
    """Return when the child has ended, the stack is gone, or somebody asks the keeper to stop."""
    while child.poll() is None:
        readable, _, _ = select.select([sys.stdin.fileno(), wake], [], [])
        if sys.stdin.fileno() in readable:
            return
        if set(os.read(wake, 64)) & {signal.SIGTERM, signal.SIGINT}:
            return


def stop(child: subprocess.Popen[bytes], stop_signal: int, grace: float) -> None:
    """Stop the child politely, then kill all that is left of its process group."""
    if child.poll() is None:
        child.send_signal(stop_signal)
        try:
            child.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def main() -> int:
    """Run the command and return its exit code."""
    stop_signal, grace, identity, *command = sys.argv[1:]
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    keeper = os.getpid()
    try:
        child = subprocess.Popen(  # noqa: S603 - the stack's own command
            command,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=lambda: prepare_child(identity, int(stop_signal), keeper),  # noqa: PLW1509 - one thread here
        )
    except (OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"keeper: cannot start {command[0]} as {identity}: {error}\n")
        return CANNOT_START
    wait_until_over(child, wake_read)
    stop(child, int(stop_signal), float(grace))
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main())
