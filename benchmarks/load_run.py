"""A mixed load by wrk: one process for each kind of request, so that each has its own times."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

SCRIPT = Path(__file__).with_name("load.lua")
MIX = {"pull": 0.60, "push": 0.15, "catalog": 0.20, "status": 0.05}
TARGETS_MS = {"pull": 500.0, "push": 500.0, "status": 500.0, "catalog": 200.0}
"""P99 of sync and of the catalog, by the specification."""
PAUSE_MS = 1000
STARTING_SECONDS = 60
LINE = b"LOAD "


class Measured(msgspec.Struct):
    """What wrk saw of one kind; times in milliseconds, of all answers."""

    seconds: float
    ok: int
    shed: int
    other: int
    broken: int
    p50: float
    p95: float
    p99: float
    longest: float


@dataclass(frozen=True)
class Run:
    """A load of all kinds at once."""

    asked: int
    kinds: Mapping[str, Measured]

    @property
    def rate(self) -> float:
        """Answered as wanted, a second."""
        return sum(one.ok / one.seconds for one in self.kinds.values())

    @property
    def offered(self) -> float:
        """Answered in any way, a second."""
        return sum((one.ok + one.shed + one.other) / one.seconds for one in self.kinds.values())

    @property
    def good(self) -> bool:
        """Whether everything was answered, within the targets."""
        return all(
            one.p99 <= TARGETS_MS[kind] and not one.shed + one.other + one.broken for kind, one in self.kinds.items()
        )


async def run(address: str, folder: Path, rate: int, seconds: int) -> Run:
    """Send `rate` requests a second in all. `folder` holds a file of requests for each kind (load.py)."""
    started = [asyncio.create_task(_wrk(address, folder, kind, rate * share, seconds)) for kind, share in MIX.items()]
    return Run(rate, dict(zip(MIX, await asyncio.gather(*started), strict=True)))


async def _wrk(address: str, folder: Path, kind: str, rate: float, seconds: int) -> Measured:
    connections = max(1, round(rate * PAUSE_MS / 1000))
    process = await asyncio.create_subprocess_exec(
        *("wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"),
        *("--timeout", "20s", "--script", str(SCRIPT), address),
        env={
            **os.environ,
            "LOAD_KIND": kind,
            "LOAD_REQUESTS": str(folder / kind),
            "LOAD_BLOBS": str(folder / "blobs"),
            "LOAD_PAUSE_MS": str(PAUSE_MS),
            "LOAD_SEED": str(int.from_bytes(os.urandom(3))),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), seconds + STARTING_SECONDS)
    for line in out.splitlines():
        if line.startswith(LINE):
            return msgspec.json.decode(line.removeprefix(LINE), type=Measured)
    raise RuntimeError(f"wrk has measured nothing: {out.decode(errors='replace')[-500:]}")
