"""Log files: a new one each day, a week of them, and no request that fails for its log."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

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


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_day_has_a_file_and_a_week_is_kept(tmp_path: Path) -> None:
    calendar = Calendar()
    (tmp_path / "medtime-2026-12-01.1.log").touch()
    (tmp_path / "notes.txt").touch()
    files = DailyFiles(tmp_path, calendar)
    for _ in range(10):
        print('{"event": "request"}', file=files, flush=True)  # type: ignore[call-overload]  # as structlog prints
        print(f'{{"day": "{calendar.day}"}}', file=files, flush=True)  # type: ignore[call-overload]  # as structlog prints
        calendar.day += timedelta(days=1)
    files.close()
    last = FIRST + timedelta(days=9)
    kept = [last - timedelta(days=back) for back in reversed(range(KEPT_DAYS))]
    assert names(tmp_path) == [*(f"medtime-{day}.{os.getpid()}.log" for day in kept), "notes.txt"]
    for day in kept:
        text = (tmp_path / f"medtime-{day}.{os.getpid()}.log").read_text()
        assert text == f'{{"event": "request"}}\n{{"day": "{day}"}}\n'


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
