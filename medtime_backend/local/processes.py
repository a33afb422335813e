"""A process of the stack, run under a keeper, with its log in the data directory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from threading import Event

from medtime_backend.local.errors import ProcessDiedError
from medtime_backend.local.waiting import wait_until

KEEPER = Path(__file__).with_name("keeper.py")
LOG_TAIL_LINES = 15
LOG_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class ProcessSpec:
    """What to run and how to stop it.

    `identity` is as in keeper.py; `kept_open` are descriptors the keeper holds.

    `inherited` False: the child sees `environment` alone, and nothing of this process's own.
    """

    name: str
    command: Sequence[str]
    log: Path
    stop_signal: Signals = Signals.SIGTERM
    grace_seconds: float = 10.0
    identity: str = "same"
    cwd: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    kept_open: tuple[int, ...] = ()
    inherited: bool = True


class KeptProcess:
    """A started `ProcessSpec`. The keeper stops it when `stop` is called or when this process dies in any way."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
        with spec.log.open("ab") as log:
            self._keeper = subprocess.Popen(  # noqa: S603 - our own keeper and commands
                [
                    *(sys.executable, "-I", "-S", str(KEEPER)),
                    *(str(int(spec.stop_signal)), str(spec.grace_seconds), spec.identity),
                    *spec.command,
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=spec.cwd,
                env={**(os.environ if spec.inherited else {}), **spec.environment},
                start_new_session=True,
                pass_fds=spec.kept_open,
            )

    @property
    def exit_code(self) -> int | None:
        """The child's exit code (128 + number for a signal), None while it runs."""
        return self._keeper.poll()

    def log_tail(self) -> tuple[str, ...]:
        """The last lines of the log."""
        with self.spec.log.open("rb") as log:
            log.seek(max(0, self.spec.log.stat().st_size - LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return tuple(lines[-LOG_TAIL_LINES:])

    def raise_if_dead(self) -> None:
        """Raise ProcessDiedError with the end of the log if the process has ended."""
        if (code := self.exit_code) is not None:
            raise ProcessDiedError(
                f"{self.spec.name} ended by itself (exit code {code}); its log is {self.spec.log}",
                details=self.log_tail(),
            )

    def wait(self, *, seconds: float, cancelled: Event | None = None) -> int:
        """Wait for the process to end by itself and return its exit code."""
        wait_until(
            lambda: self.exit_code is not None,
            what=f"{self.spec.name} to end",
            seconds=seconds,
            cancelled=cancelled,
        )
        return self._keeper.wait()

    def begin_stop(self) -> None:
        """Tell the keeper to stop the process, without waiting. Can be called again."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()

    def stop(self) -> None:
        """Stop the process and wait for it; afterwards nothing of it is left. Can be called again."""
        self.begin_stop()
        try:
            self._keeper.wait(timeout=self.spec.grace_seconds + 5)
        except subprocess.TimeoutExpired:
            # The child then gets its parent-death signal.
            self._keeper.kill()
            self._keeper.wait()
