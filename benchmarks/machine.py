"""What the figures were measured on."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import asyncpg

SYNCS = 100


async def facts(superuser: asyncpg.Connection, folder: Path) -> dict[str, str]:
    """Cores, versions, and how long the disk takes to make a page durable: that bounds every push."""
    settings = {
        name: await superuser.fetchval("select current_setting($1)", name)
        for name in ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size")
    }
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "load average at start": f"{os.getloadavg()[0]:.2f}",
        "Python": platform.python_version(),
        "Postgres": ", ".join(f"{name} {value}" for name, value in settings.items()),
        "libraries": ", ".join(
            f"{name} {version(name)}" for name in ("litestar", "granian", "asyncpg", "msgspec", "uvloop")
        ),
        "fdatasync of 8 KiB": f"{1000 * _sync_seconds(folder):.2f} ms",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _sync_seconds(folder: Path) -> float:
    """How long a commit waits for the disk: as Postgres, into a file that already has its size."""
    file = folder / "sync"
    file.write_bytes(bytes(SYNCS * 8192))
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.fsync(descriptor)
        started = time.perf_counter()
        for number in range(SYNCS):
            os.pwrite(descriptor, b"x" * 8192, number * 8192)
            os.fdatasync(descriptor)
        return (time.perf_counter() - started) / SYNCS
    finally:
        os.close(descriptor)
        file.unlink()
