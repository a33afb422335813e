"""Metrics as Prometheus reads them: of this process, or of all workers of the instance together.

The workers of an instance share a directory (PROMETHEUS_MULTIPROC_DIR, the variable of prometheus-client): each writes
its own files there, and whichever is scraped adds them all up.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry, Metric, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

from medtime_backend.worker_files import announce, readable

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
    directory = shared_directory()
    if directory is None:
        return
    announce(directory)
    if not values.ValueClass._multiprocess:  # noqa: SLF001 - the library has no other way to ask
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # so the library has it


class Workers:
    """A collector of what all workers of an instance have counted, those that have ended among them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        """All metrics. Raises OSError when the directory is not there."""
        with readable(self._directory) as files:
            found: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]  # so the library has it
            return found


def exposition(registry: CollectorRegistry) -> bytes:
    """All samples in Prometheus's text format."""
    directory = shared_directory()
    if directory is None:
        return generate_latest(registry)
    everybody = CollectorRegistry(auto_describe=False)
    everybody.register(Workers(directory))
    return generate_latest(everybody)
