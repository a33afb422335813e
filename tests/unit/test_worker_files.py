"""Workers that begin, end and follow each other under the same id, while their metrics are read."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families

from medtime_backend.exposition import VARIABLE, exposition
from medtime_backend.worker_files import announce

GONE = 4_000_000
"""A process id that no process has."""
WORKER = """
import sys
from medtime_backend.metrics import Metrics
metrics = Metrics()
for _ in range(int(sys.argv[1])):
    metrics.wakeups_requested.inc()
metrics.sync_queue_depth.inc(5)
metrics.cleanup_last_success.set(float(sys.argv[1]))
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def started(times: int) -> subprocess.Popen[str]:
    """A worker that has counted so often."""
    worker = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", WORKER, str(times)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "counted\n"
    return worker


def killed(worker: subprocess.Popen[str], *, reap: bool = True) -> None:
    """End it without a word; without `reap` its process id is still taken."""
    worker.send_signal(signal.SIGKILL)
    if reap:
        worker.communicate(timeout=20)
    else:
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)


def told(*names: str) -> list[float | None]:
    """The values that a scrape finds."""
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(exposition(CollectorRegistry()).decode())
        for sample in family.samples
    }
    return [found.get(name) for name in names]


def write(file: Path, name: str, value: float) -> None:
    """As prometheus-client writes it."""
    values = MmapedDict(str(file))
    values.write_value(mmap_key(name, name, [], [], "Help."), value, 0.0)
    values.close()


NAMES = ("wakeups_requested_total", "sync_queue_depth", "cleanup_last_success_timestamp_seconds")


def test_a_file_that_a_worker_is_about_to_begin_fails_no_scrape(folder: Path) -> None:
    (folder / f"counter_{os.getpid()}.db").touch()
    announce(folder)
    (folder / f"histogram_{os.getpid()}.db").touch()
    assert told("x") == [None]


def test_files_of_others_fail_no_scrape(folder: Path) -> None:
    for name in ("notes_of_mine.db", "x.db", "worker_x.lock"):
        (folder / name).write_text("x")
    assert told("x") == [None]
    assert {file.name for file in folder.iterdir()} >= {"notes_of_mine.db", "x.db", "worker_x.lock"}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("reap", [True, False], ids=["gone", "zombie"])
def test_what_a_dead_worker_counted_stays_and_its_gauges_go(*, reap: bool) -> None:
    first, second = started(3), started(4)
    try:
        assert told(*NAMES) == [7, 10, 4]
        killed(first, reap=reap)
        assert told(*NAMES) == [7, 5, 4]
    finally:
        for worker in (first, second):
            killed(worker)
    assert told(*NAMES) == [7, None, 4]


def test_a_process_that_has_a_dead_workers_id_is_no_worker(folder: Path) -> None:
    write(folder / f"gauge_livesum_{os.getppid()}.db", "depth", 5)
    write(folder / f"counter_{os.getppid()}.db", "done_total", 5)
    assert told("depth", "done_total") == [None, 5]


def test_a_worker_with_the_id_of_a_dead_one_begins_anew(folder: Path) -> None:
    """In a container that is started again all have the ids of before."""
    write(folder / f"gauge_livesum_{os.getpid()}.db", "depth", 5)
    write(folder / f"counter_{os.getpid()}.db", "done_total", 5)
    announce(folder)
    write(folder / f"gauge_livesum_{os.getpid()}.db", "depth", 1)
    write(folder / f"counter_{os.getpid()}.db", "done_total", 1)
    announce(folder)
    assert told("depth", "done_total") == [1, 6]


def test_workers_that_die_again_and_again_leave_no_more_files(folder: Path) -> None:
    total = 0
    for number in range(20):
        write(folder / f"counter_{GONE + number}.db", "done_total", number)
        write(folder / f"histogram_{GONE + number}.db", "seconds_sum", number)
        write(folder / f"gauge_livesum_{GONE + number}.db", "depth", 1)
        total += number
        assert told("done_total", "depth") == [total, None]
    assert {file.name for file in folder.iterdir()} == {"counter_0.db", "histogram_0.db", "turn"}


def test_many_who_scrape_while_workers_end_all_find_everything(folder: Path) -> None:
    workers = 60
    for number in range(workers):
        write(folder / f"counter_{GONE + number}.db", "done_total", 1)
        write(folder / f"gauge_livesum_{GONE + number}.db", "depth", 1)
    found: list[float | None] = []

    def scrape() -> None:
        for _ in range(10):
            found.extend(told("done_total"))

    threads = [threading.Thread(target=scrape) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found == [workers] * 40
