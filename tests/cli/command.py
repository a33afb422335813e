"""Runs the real command in a process of its own and finds whatever it leaves behind."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MEDTIME = (sys.executable, "-c", "from cli.main import main; main()")
READY_SECONDS = 90.0


def wait_for(condition: Callable[[], bool], *, seconds: float = 30.0) -> bool:
    """Poll until the condition holds; tell whether it ever did."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def call(url: str, body: object = None, *, method: str | None = None, bearer: str = "") -> tuple[int, Any]:
    """Send JSON, return status and decoded answer, errors included."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {bearer}"} if bearer else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 - http to ourselves
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - http to ourselves
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@dataclass
class Command:
    """One run of `medtime …`; all its processes carry a mark in their environment."""

    process: subprocess.Popen[str]
    mark: str
    data_dir: Path
    info: dict[str, Any] = field(default_factory=dict)

    def wait_until_ready(self) -> dict[str, Any]:
        """Return the line of --json."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(READY_SECONDS), "no line within the time"
        line = self.process.stdout.readline()
        if not line:
            pytest.fail(f"medtime dev ended: {self.process.communicate(timeout=30)[1]}")
        self.info = json.loads(line)
        return self.info

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send the signal, return exit code and the rest of both outputs. Ctrl-C reaches the whole group."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.finish()

    def finish(self) -> tuple[int, str, str]:
        """Wait for the end, return exit code and the rest of both outputs."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def living(self, *, marked_only: bool = False) -> list[str]:
        """Return pid and command of this run's living processes, except the command itself.

        Postgres writes its title over its environment and so loses the mark, but it works in the data directory;
        so do those of another run on the same directory, unless `marked_only`.
        """
        found = []
        for directory in Path("/proc").glob("[0-9]*"):
            try:
                state = (directory / "stat").read_text().rpartition(")")[2].split()[0]
                marked = self.mark.encode() in (directory / "environ").read_bytes()
                inside = (directory / "cwd").readlink().is_relative_to(self.data_dir)
                text = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            ours = marked or (inside and not marked_only)
            if ours and state != "Z" and int(directory.name) != self.process.pid:
                found.append(f"{directory.name} {text}")
        return found

    def pid_of(self, part: str) -> int:
        """Return the first process, not a keeper, whose command holds the text: parents come before children."""
        return min(int(line.split()[0]) for line in self.living() if part in line and "keeper.py" not in line)


Start = Callable[..., Command]
