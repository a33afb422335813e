"""`new`: the last version of all, a name that is one, and a reminder of what a table needs."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from medtime_backend.migrations.creation import create_migration, template
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.verification import verify
from tests.migrations.directory import Write

NOW = datetime(2026, 5, 22, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("last", "version"),
    [
        (None, "20260521230203"),
        ("20260521230202", "20260521230203"),
        ("20260521230203", "20260521230204"),
        ("20991231235959", "21000101000000"),
        ("1", "20260521230203"),
    ],
)
def test_p17_the_version_is_now_or_after_the_last_one(write: Write, last: str | None, version: str) -> None:
    directory = write(**{f"v{last}_a": ""} if last else {})
    path = create_migration(directory, "add_reminders", NOW, "")
    assert path == directory / f"{version}_add_reminders.sql"


def test_the_version_is_in_utc_wherever_it_is_made(tmp_path: Path) -> None:
    # A name that only looks like a version is none.
    (tmp_path / "99999999999999.sql").touch()
    there = datetime(2026, 1, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=1)))
    assert create_migration(tmp_path, "a", there, "").name == "20260101000000_a.sql"


@pytest.mark.parametrize("last", ["20269999000000", "99999999999998"])
def test_a_last_version_of_14_digits_may_be_no_time_either(tmp_path: Path, last: str) -> None:
    (tmp_path / f"{last}_last.sql").touch()
    with pytest.raises(MigrationError, match="which is no time"):
        create_migration(tmp_path, "a", NOW, "")


def test_the_template_reminds_of_rights_and_is_a_migration(tmp_path: Path) -> None:
    text = create_migration(tmp_path, "add_reminders", datetime.now(UTC), template()).read_text()
    for word in ("revoke all", "grant", "enable row level security", "force row level security", "create policy"):
        assert word in text
    assert verify(tmp_path, []).findings == ()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Add Reminders", ": add_reminders, perhaps"),
        ("../x", ": x, perhaps"),
        ("add-reminders.sql", ": add_reminders_sql, perhaps"),
        ("1st", "beginning with a letter."),
        ("", "beginning with a letter."),
        ("ñ", "beginning with a letter."),
        ("a" * 101, "beginning with a letter."),
    ],
)
def test_a_name_that_is_none_is_refused_with_one_that_is(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(MigrationError) as fault:
        create_migration(tmp_path, name, NOW, "")
    assert told in str(fault.value)
    assert list(tmp_path.iterdir()) == []


def test_a_last_version_that_is_no_time_is_told(write: Write) -> None:
    with pytest.raises(MigrationError, match="99999999999999, which is no time"):
        create_migration(write(v99999999999999_a=""), "b", NOW, "")


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="No such file or directory"):
        create_migration(tmp_path / "missing", "a", NOW, "")
