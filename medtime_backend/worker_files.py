"""The files in which the workers of an instance count, and whose they are.

Each worker holds a lock for as long as it lives, whatever ends it and whoever is given its process id afterwards. What
those that are no more have counted is added up in one file, so that a worker that dies again and again does not leave
ever more of them; what they said of themselves goes.
"""

import fcntl
import os
import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client.mmap_dict import MmapedDict

ENDED: Final = 0
"""Stands for the process id of all that are no more."""
KEPT: Final = ("counter", "histogram", "gauge_mostrecent")
FILE: Final = re.compile(r"(counter|histogram|summary|gauge_[a-z]+)_\d+\.db")
LOCK: Final = re.compile(r"worker_\d+\.lock")
PATIENCE_SECONDS: Final = 2.0
PAUSE_SECONDS: Final = 0.005


def announce(directory: Path) -> None:
    """Say that this process counts here, before it does, and until it ends. Raises OSError."""
    process = os.getpid()
    with _turn(directory, fcntl.LOCK_EX):
        # Never closed: the lock goes with the process.
        presence = os.open(directory / f"worker_{process}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if _locked(presence, fcntl.LOCK_EX):
            # Nobody had it: what is here of this process id is of one that had the id before.
            _forget([file for file in _files(directory) if _process(file) == process])
        fcntl.flock(presence, fcntl.LOCK_SH)


@contextmanager
def readable(directory: Path) -> Iterator[list[str]]:
    """The files that hold what there is to tell. While they are read, nobody adds them up. Raises OSError."""
    with _turn(directory, fcntl.LOCK_EX, seconds=0) as own:
        if own:
            living = _living(directory)
            _forget([file for file in _files(directory) if _process(file) not in {*living, ENDED}])
            for file in _locks(directory):
                if _process(file) not in living:
                    file.unlink(missing_ok=True)
    with _turn(directory, fcntl.LOCK_SH):
        # One that a worker is about to begin is still empty.
        yield [str(file) for file in _files(directory) if _size(file)]


def _forget(dead: Collection[Path]) -> None:
    """Keep what these have counted, and nothing else of theirs."""
    for kind in KEPT:
        files = [file for file in dead if _kind(file) == kind]
        if files:
            _add_up(files[0].with_name(f"{kind}_{ENDED}.db"), files)
    for file in dead:
        file.unlink(missing_ok=True)


def _add_up(total: Path, files: Collection[Path]) -> None:
    values: dict[str, tuple[float, float]] = {}
    for file in filter(_size, (total, *files)):
        for key, value, moment, _ in MmapedDict.read_all_values_from_file(str(file)):  # type: ignore[no-untyped-call]  # so the library has it
            before, then = values.get(key, (0.0, 0.0))
            if _kind(total) == "gauge_mostrecent":
                values[key] = max((moment, value), (then, before))[::-1]
            else:
                values[key] = before + value, 0.0
    made = total.with_suffix(".new")
    made.unlink(missing_ok=True)
    sums = MmapedDict(str(made))  # type: ignore[no-untyped-call]  # so the library has it
    for key, (value, moment) in values.items():
        sums.write_value(key, value, moment)  # type: ignore[no-untyped-call]  # so the library has it
    sums.close()  # type: ignore[no-untyped-call]  # so the library has it
    made.replace(total)


def _living(directory: Path) -> set[int]:
    found = set()
    for file in _locks(directory):
        presence = os.open(file, os.O_RDWR | os.O_CLOEXEC)
        try:
            if not _locked(presence, fcntl.LOCK_EX):
                found.add(_process(file))
        finally:
            os.close(presence)
    return found


@contextmanager
def _turn(directory: Path, kind: int, seconds: float = PATIENCE_SECONDS) -> Iterator[bool]:
    """Take a turn at the files. Gives whether it came in time: a process may have been stopped in its own."""
    turn = os.open(directory / "turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + seconds
        while not (own := _locked(turn, kind)) and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
        yield own
    finally:
        os.close(turn)


def _locked(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _files(directory: Path) -> list[Path]:
    return [file for file in directory.iterdir() if FILE.fullmatch(file.name)]


def _locks(directory: Path) -> list[Path]:
    return [file for file in directory.iterdir() if LOCK.fullmatch(file.name)]


def _kind(file: Path) -> str:
    return file.stem.rpartition("_")[0]


def _process(file: Path) -> int:
    return int(file.stem.rpartition("_")[2])


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
