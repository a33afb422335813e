"""Files that cannot be migrations, each refused by name before anything is applied."""

from pathlib import Path

import pytest

from medtime_backend.migrations import MigrationError, migrations_directory, read_migrations
from medtime_backend.migrations.files import MAX_BYTES, list_files
from tests.migrations.directory import Write

ZERO = b"select '\0';"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"select 1;\nselect '\xff';", r"20260101000000_a\.sql is not a migration: line 2 is not UTF-8"),
        ("select 'ñ'".encode("latin-1"), r"line 1 is not UTF-8"),
        ("select 1".encode("utf-16"), r"line 1 is not UTF-8"),
        ("select 1;\n".encode("utf-16-le"), r"line 1 has a zero byte"),
        (b"select 1;\n" + ZERO, r"line 2 has a zero byte"),
        (b"select 1;\nselect 'a", r"line 2: unterminated quoted string"),
        (b"\\d\nselect 1;", r"line 1 has psql's \\d, which the server does not know"),
        (b"select 1;\n\n-- next\n\\i other.sql\n", r"line 4 has psql's \\i,"),
        (b"select 1;\n\\copy t from 'x.csv'\n", r"line 2 has psql's \\copy,"),
        (b"\\restrict abc\nselect 1;\n", r"line 1 has psql's \\restrict,"),
        (b"select 1 as a \\gset\n", r"line 1 has psql's \\gset,"),
        (b"select 1;\n-- rows\ncopy t (a) from stdin;\n", r"line 3 has COPY with stdin, which needs psql"),
        (b"copy t to stdout;\n", r"line 1 has COPY with stdout"),
    ],
)
def test_a_file_that_is_no_sql_is_told_with_its_line(write: Write, text: bytes, message: str) -> None:
    with pytest.raises(MigrationError, match=message):
        read_migrations(write(v20260101000000_a=text))


def test_pg_dump_data_is_told_as_what_it_is(write: Write) -> None:
    text = "create table t (a text);\ncopy t (a) from stdin;\nñandú\tx\n\\.\n\nselect 1;\n"
    with pytest.raises(MigrationError, match=r"line [23] has (COPY with stdin|psql's \\\.)"):
        read_migrations(write(v1_a=text))


@pytest.mark.parametrize("text", ["select '\\d';", "-- \\d\nselect 1;", "select $$\\i x$$;", "select E'\\\\d';"])
def test_a_backslash_in_a_string_or_a_comment_is_none_of_psql(write: Write, text: str) -> None:
    assert read_migrations(write(v1_a=text))


def test_a_file_of_50_mb_is_refused_without_being_read(write: Write) -> None:
    directory = write(v1_a="")
    with (directory / "1_a.sql").open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(MigrationError, match=r"1_a\.sql is not a migration: it has 47\.7 MiB, and the limit is 8"):
        read_migrations(directory)


def test_a_file_at_the_limit_is_read(write: Write) -> None:
    line = "insert into t values ('ñ');\n"
    text = line * ((MAX_BYTES - 10) // len(line.encode()))
    assert len(read_migrations(write(v1_a=text))[0].parts) == text.count("\n")


def test_a_byte_order_mark_is_no_part_of_it_and_line_ends_are(write: Write) -> None:
    (migration,) = read_migrations(write(v1_a=b"\xef\xbb\xbfselect 1;\r\nselect\r\n2;\r\n"))
    assert migration.statements == ("select 1", "select\r\n2")


def test_a_file_that_cannot_be_read_is_told(write: Write) -> None:
    directory = write()
    (directory / "1_a.sql").mkdir()
    with pytest.raises(MigrationError, match=r"1_a\.sql is not a migration: it cannot be read \(Is a directory\)"):
        read_migrations(directory)
    (directory / "1_a.sql").rmdir()
    (directory / "1_a.sql").symlink_to(directory / "nowhere")
    with pytest.raises(MigrationError, match=r"it cannot be read \(No such file or directory\)"):
        read_migrations(directory)


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="cannot be read as a directory of migrations: No such file or directory"):
        read_migrations(tmp_path / "missing")
    (tmp_path / "file").write_text("")
    with pytest.raises(MigrationError, match="Not a directory"):
        read_migrations(tmp_path / "file")


def test_a_version_used_twice_is_told(write: Write) -> None:
    directory = write(v20260101000000_b="", v20260101000000_a="", v20260101000001_c="")
    with pytest.raises(MigrationError, match=r"20260101000000_a\.sql and 20260101000000_b\.sql have the same version"):
        read_migrations(directory)


def test_p13_other_names_are_passed_over_and_listed(write: Write) -> None:
    directory = write(v20260101000000_a="", v20260101000001="", abc="", v20260101000002_="", **{"20260101000003-x": ""})
    for name in (".DS_Store", "readme.md", "20260101000004_x.sql.bak", "x20260101000004_x.sql", "٢_a.sql"):
        (directory / name).write_text("")
    found = list_files(directory)
    assert [file.path.name for file in found.files] == ["20260101000000_a.sql", "20260101000002_.sql"]
    assert found.others == (
        ".DS_Store",
        "20260101000001.sql",
        "20260101000003-x.sql",
        "20260101000004_x.sql.bak",
        "abc.sql",
        "readme.md",
        "x20260101000004_x.sql",
        "٢_a.sql",
    )


def test_p11_versions_of_any_length_are_in_the_order_of_the_history(write: Write) -> None:
    """P11: 10_a sorts before 1_a by its file name, and after it by its version."""
    directory = write(v1_a="", v10_a="", v2_a="", v20260522_x="", v20260522000001_y="", v20260101000000_z="")
    assert [one.version for one in read_migrations(directory)] == [
        *("1", "10", "2", "20260101000000", "20260522", "20260522000001"),
    ]


def test_our_own_migrations_are_read() -> None:
    found = read_migrations(migrations_directory())
    assert [one.version for one in found] == sorted(one.version for one in found)
    assert all(part.fault is None for one in found for part in one.parts)
