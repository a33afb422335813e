"""Log files: a new one each day, a week of them, and no request that fails for its log."""

import errno
import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import structlog

from medtime_backend import logs
from medtime_backend.log_files import KEPT_DAYS, DailyFiles
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import SettingsError
from tests.unit.test_settings import GOOD

FIRST = date(2026, 12, 28)


class Calendar:
    """A day that passes when told to."""

    day = FIRST

    def __call__(self) -> date:
        return self.day


# Dates that are none, names that are nearly ours.
OTHERS = (
    "medtime-2020-01-01.1.log.gz",
    "medtime-2020-13-45.1.log",
    "medtime-2020-13-45.pod-a.1.log",
    "medtimes-2020-01-01.1.log",
    "notes.txt",
)


def name_of(day: date) -> str:
    """The file of this process."""
    return f"medtime-{day}.{re.sub('[^0-9A-Za-z]+', '-', socket.gethostname())}.{os.getpid()}.log"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_day_has_a_file_and_a_week_is_kept(tmp_path: Path) -> None:
    calendar = Calendar()
    for name in ("medtime-2026-12-01.1.log", "medtime-2026-12-01.pod-a.1.log", *OTHERS):
        (tmp_path / name).touch()
    files = DailyFiles(tmp_path, calendar)
    for _ in range(10):
        files.write('{"event": "request"}\n')
        files.write(f'{{"day": "{calendar.day}"}}\n')
        calendar.day += timedelta(days=1)
    files.close()
    last = FIRST + timedelta(days=9)
    kept = [last - timedelta(days=back) for back in reversed(range(KEPT_DAYS))]
    assert names(tmp_path) == sorted([*(name_of(day) for day in kept), *OTHERS])
    for day in kept:
        text = (tmp_path / name_of(day)).read_text()
        assert text == f'{{"event": "request"}}\n{{"day": "{day}"}}\n'


@pytest.fixture
def logging() -> Iterator[None]:
    """The configuration is everybody's."""
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("logging")
def test_midnight_tears_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time somebody asks it is the next day."""
    calendar = Calendar()

    def tomorrow() -> date:
        calendar.day += timedelta(days=1)
        return calendar.day

    monkeypatch.setattr(logs, "DailyFiles", lambda directory: DailyFiles(directory, tomorrow))
    logs.configure("info", str(tmp_path))
    for number in range(5):
        structlog.get_logger().info("request", status=number)
    lines = [path.read_text() for path in sorted(tmp_path.iterdir())]
    assert [json.loads(line)["status"] for line in lines] == [0, 1, 2, 3, 4]
    assert all(line.count("\n") == 1 and line.endswith("\n") for line in lines)


@pytest.mark.usefixtures("logging")
def test_a_line_is_written_with_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers share standard output, unbuffered in a container: of two writes another's could come between."""
    written: list[str] = []
    monkeypatch.setattr(sys.stdout, "write", lambda text: written.append(text) or len(text))
    logs.configure("info")
    structlog.get_logger().info("request")
    assert [text.count("\n") for text in written] == [1]


@pytest.mark.usefixtures("logging")
def test_a_reader_that_went_away_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: str) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(sys.stdout, "write", gone)
    monkeypatch.setattr(sys.stderr, "write", gone)
    logs.configure("info")
    structlog.get_logger().info("request")
    assert DailyFiles(Path("/nowhere")).write("a line\n") > 0


def test_a_line_that_a_full_disk_took_in_part_is_told_whole_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room = [4]
    usual = os.write

    def write(file: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "full")
        taken = usual(file, data[: room[0]])
        room[0] -= taken
        return taken

    files = DailyFiles(tmp_path)
    monkeypatch.setattr(os, "write", write)
    files.write("first line\n")
    room[0] = 100
    files.write("second line\n")
    monkeypatch.undo()
    files.close()
    (path,) = tmp_path.iterdir()
    assert path.read_text() == "firs\nsecond line\n"
    assert capsys.readouterr().err == "first line\n"


def test_others_cannot_read_them(tmp_path: Path) -> None:
    files = DailyFiles(tmp_path)
    files.write("x")
    files.close()
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o077 == 0


def test_a_restart_goes_on_in_the_same_file(tmp_path: Path) -> None:
    for text in ("one\n", "two\n"):
        files = DailyFiles(tmp_path, Calendar())
        files.write(text)
        files.close()
    (path,) = tmp_path.iterdir()
    assert path.read_text() == "one\ntwo\n"


def test_a_directory_that_went_away_loses_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    files = DailyFiles(folder)
    folder.rmdir()
    assert files.write("still told\n") > 0
    files.flush()
    assert capsys.readouterr().err == "still told\n"
    files.close()


def test_a_full_disk_fails_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = DailyFiles(tmp_path)
    files.write("")
    (path,) = tmp_path.iterdir()
    files.close()
    path.unlink()
    path.symlink_to("/dev/full")
    assert files.write("a line\n") > 0
    assert capsys.readouterr().err == "a line\n"
    files.close()


def test_a_directory_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^MEDTIME_LOG_DIR"):
        Settings.from_environment({**GOOD, "MEDTIME_LOG_DIR": str(tmp_path / "nowhere")})
