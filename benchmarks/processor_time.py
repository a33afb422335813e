"""How many seconds of a processor each part has used: what stays the same when others share the machine."""

import os
import resource
from collections.abc import Mapping
from pathlib import Path

import redis

from medtime_backend.local.options import StackInfo

TICKS = os.sysconf("SC_CLK_TCK")


class ProcessorTime:
    """Reads what the service, Postgres, Valkey and the load generator have used so far."""

    def __init__(self, stack: StackInfo, service: int) -> None:
        self._service = service
        postmaster = stack.data_dir / "postgres" / "postmaster.pid"
        self._postgres = int(postmaster.read_text(encoding="utf-8").split("\n", 1)[0])
        self._valkey = redis.Redis.from_url(stack.redis_url)

    def read(self) -> Mapping[str, float]:
        """Seconds by part."""
        valkey = self._valkey.info("cpu")
        generator = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "service": _seconds(self._service),
            "Postgres": _seconds(self._postgres),
            "Valkey": valkey["used_cpu_user"] + valkey["used_cpu_sys"],
            "generator": generator.ru_utime + generator.ru_stime,
        }


def backend_seconds(pid: int) -> float:
    """Of one process alone."""
    return _of(pid)


def _seconds(root: int) -> float:
    """Of a process and its living children, and of those it has waited for."""
    return sum(_of(pid) for pid in (root, *_children(root)))


def _children(root: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == root:
            found.append(int(stat.parent.name))
    return found


def _of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    # utime, stime, cutime, cstime: fields 14 to 17 of proc(5).
    return sum(int(field) for field in fields[11:15]) / TICKS
