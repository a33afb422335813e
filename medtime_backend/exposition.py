"""Metrics as Prometheus reads them: of this process, or of all workers of the instance together.

The workers of an instance share a directory (PROMETHEUS_MULTIPROC_DIR, the variable of prometheus-client): each writes
its own files there, and whichever is scraped adds them all up.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def shared_directory() -> Path | None:
    """Where the workers of this instance write, if it is said."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else None


@contextmanager
def directory_of_workers() -> Iterator[None]:
    """Make a directory for the workers that are started meanwhile, unless the environment names one."""
    if shared_directory() is not None:
        yield
        return
    with TemporaryDirectory(prefix="medtime-metrics-") as made:
        os.environ[VARIABLE] = made
        try:
            yield
        finally:
            del os.environ[VARIABLE]


def share_values() -> None:
    """Let what is counted from here on go to the shared directory, also where prometheus-client was imported before."""
    if shared_directory() is not None and not values.ValueClass._multiprocess:  # noqa: SLF001 - the library has no other way to ask
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # so the library has it


def exposition(registry: CollectorRegistry) -> bytes:
    """All samples in Prometheus's text format."""
    directory = shared_directory()
    if directory is None:
        return generate_latest(registry)
    _forget_dead(directory)
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody, str(directory))  # type: ignore[no-untyped-call]  # so the library has it
    return generate_latest(everybody)


def _forget_dead(directory: Path) -> None:
    """Drop what workers said of themselves that are no more; what they counted stays."""
    for file in directory.glob("gauge_live*.db"):
        worker = int(file.stem.rpartition("_")[2])
        if not _lives(worker):
            mark_process_dead(worker, str(directory))  # type: ignore[no-untyped-call]  # so the library has it


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
