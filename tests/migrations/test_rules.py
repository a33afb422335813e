"""What `verify` finds in files, each rule with what it must find and what it must not."""

import json
import stat
from pathlib import Path

import pytest

from medtime_backend.migrations import migrations_directory, read_migrations
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.history import Recorded
from medtime_backend.migrations.rules.locks import check_locks, find_squawk
from medtime_backend.migrations.verification import verify
from tests.migrations.directory import Write

RIGHTS = (
    "alter table public.t enable row level security, force row level security;"
    "revoke all on table public.t from public, anon;"
)


def found(directory: Path, history: list[Recorded] | None = None) -> list[tuple[str, str, int | None, int | None]]:
    """Rule, file, statement and line of all findings but locks."""
    return [
        (one.rule, one.file, one.statement, one.line)
        for one in verify(directory, history).findings
        if not one.rule.startswith("lock/")
    ]


def test_our_own_migrations_have_no_error_and_no_warning_but_of_locks() -> None:
    assert found(migrations_directory()) == []


def test_p13_names_are_warned_of_and_not_fatal(write: Write) -> None:
    directory = write(v20260101000000_a="select 1;", v20260101000001_="select 1;")
    (directory / ".DS_Store").write_text("")
    (directory / "20260101000002-b.sql").write_text("")
    result = verify(directory, None)
    assert [(one.rule, one.severity, one.file) for one in result.findings] == [
        ("file-name", "warning", ".DS_Store"),
        ("file-name", "warning", "20260101000001_.sql"),
        ("file-name", "warning", "20260101000002-b.sql"),
    ]
    assert not result.failed


def test_p11_versions_of_another_length_are_errors(write: Write) -> None:
    directory = write(v1_a="", v20260101000000_b="", v20269901000000_c="")
    assert [(one.rule, one.file) for one in verify(directory, None).findings if one.severity == "error"] == [
        ("version-form", "1_a.sql"),
        ("version-form", "20269901000000_c.sql"),
    ]


def test_a_version_used_twice_is_found_in_both_files(write: Write) -> None:
    directory = write(v20260101000000_a="", v20260101000000_b="")
    assert [(rule, file) for rule, file, *_ in found(directory)] == [
        ("version-twice", "20260101000000_a.sql"),
        ("version-twice", "20260101000000_b.sql"),
    ]


def test_p8_a_transaction_of_its_own_is_found_with_its_line(write: Write) -> None:
    directory = write(
        v20260101000000_a="select 1;\nCOMMIT;\n\nbegin;\nsavepoint a;\nrollback to a;\nrollback;\ndiscard all;"
    )
    assert found(directory) == [
        ("transaction-control", "20260101000000_a.sql", 2, 2),
        ("transaction-control", "20260101000000_a.sql", 3, 4),
        ("transaction-control", "20260101000000_a.sql", 6, 7),
        ("discard-all", "20260101000000_a.sql", 7, 8),
    ]


def test_all_unreadable_files_are_found_at_once(write: Write) -> None:
    directory = write(v20260101000000_a=b"\xff", v20260101000001_b="\\d", v20260101000002_c="selec 1;\nselect 1")
    assert [(rule, file) for rule, file, *_ in found(directory)] == [
        ("unreadable", "20260101000000_a.sql"),
        ("unreadable", "20260101000001_b.sql"),
        ("syntax", "20260101000002_c.sql"),
    ]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("alter type mood add value 'sad'; insert into t values ('sad');", [2]),
        ("alter type mood add value 'sad'; select 1; select 'sad'::mood; create view v as select 'sad'::mood;", [3, 4]),
        ("alter type mood add value 'sad'; select 'glad'::mood;", []),
        ("create type mood as enum (); alter type mood add value 'sad'; select 'sad'::mood;", []),
        ("alter type mood rename value 'bad' to 'sad'; select 'sad'::mood;", []),
        ("select 'sad'; alter type mood add value 'sad'; comment on type mood is 'sad';", []),
    ],
)
def test_an_enum_value_used_at_once_is_found(write: Write, text: str, statements: list[int]) -> None:
    expected = [("enum-value-in-use", number) for number in statements]
    assert [(rule, number) for rule, _, number, _ in found(write(v20260101000000_a=text))] == expected


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("create table t ();" + RIGHTS, None),
        ("create table public.t ();" + RIGHTS, None),
        ("create table t ();", "revoke all, enable row level security, force row level security"),
        (
            "create table if not exists t ();" + RIGHTS.replace(", force row level security", ""),
            "force row level security",
        ),
        ("create table t ();" + RIGHTS.replace("revoke all", "revoke select"), "revoke all"),
        (
            "create table t ();" + RIGHTS.replace("public.t", "private.t"),
            "revoke all, enable row level security, force",
        ),
        ("create table t (); grant all on t to anon;" + RIGHTS.partition("revoke")[0], "revoke all"),
        (
            "create table t ();"
            + RIGHTS.partition("revoke")[0]
            + "revoke all on all tables in schema public from anon;",
            None,
        ),
        ("create table t as select 1 as a;", "revoke all, enable row level security, force row level security"),
        ("create table t partition of u default;", "revoke all, enable row level security, force row level security"),
        ("create temp table t ();", None),
        ("create table t (); drop table t;", None),
        ("create view t as select 1;", None),
    ],
)
def test_a_table_without_its_rights_is_found(write: Write, text: str, lacking: str | None) -> None:
    findings = [one for one in verify(write(v20260101000000_a=text), None).findings if not one.rule.startswith("lock/")]
    if lacking is None:
        assert findings == []
    else:
        (one,) = findings
        assert one.rule == "table-without-rights"
        assert f"comes without {lacking}" in one.detail


def test_a_statement_that_stands_alone_among_others_is_warned_of(write: Write) -> None:
    directory = write(
        v20260101000000_a="select 1;\ncreate index concurrently i on t (a);",
        v20260101000001_b="-- why\ncreate index concurrently j on t (a);\n-- end\n",
        v20260101000002_c="create index concurrently on t (a);",
    )
    assert found(directory) == [
        ("not-in-transaction", "20260101000000_a.sql", 2, 2),
        ("unnamed-index", "20260101000002_c.sql", 1, 1),
    ]
    assert not verify(directory, None).failed


def test_differences_from_the_history_are_found(write: Write) -> None:
    directory = write(
        v20260101000000_a="select 1;\nselect 22;",
        v20260101000001_b="select 1;",
        v20260101000002_c="select 1;",
        v20260101000003_d="select 1;",
        v20260101000009_e="select 1;",
    )
    history = [
        Recorded("20260101000000", "a", ("select 1", "select 2")),
        Recorded("20260101000002", "cc", ("select 1",)),
        Recorded("20260101000003", "d", None),
        Recorded("20260101000004", "x", ("select 1",)),
    ]
    assert found(directory, history) == [
        ("drift", "20260101000000_a.sql", 2, 2),
        ("out-of-order", "20260101000001_b.sql", None, None),
        ("renamed", "20260101000002_c.sql", None, None),
        ("no-statements", "20260101000003_d.sql", None, None),
        ("remote-only", "20260101000004", None, None),
    ]


def squawk_that_says(folder: Path, answer: str, code: int) -> str:
    """A program that answers as squawk 2.70 does."""
    program = folder / "squawk"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\nexit {code}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_only_the_lock_rules_of_squawk_are_taken(write: Write, tmp_path: Path) -> None:
    migrations = read_migrations(write(v1_a="select 1;\ncreate index i on t (a);"))
    said = {"file": str(migrations[0].path), "line": 1, "message": "blocked", "help": None}
    answer = json.dumps(
        [said | {"rule_name": "require-concurrent-index-creation"}, said | {"rule_name": "prefer-text"}]
    )
    (one,) = check_locks(migrations, squawk_that_says(tmp_path, answer, 1))
    assert (one.rule, one.severity, one.statement, one.line) == (
        "lock/require-concurrent-index-creation",
        "warning",
        2,
        2,
    )


@pytest.mark.parametrize(("answer", "code"), [("[]", 2), ("no JSON", 0), ("{}", 0)])
def test_a_squawk_that_fails_is_told(write: Write, tmp_path: Path, answer: str, code: int) -> None:
    with pytest.raises(MigrationError, match="squawk is installed and cannot be run"):
        list(check_locks(read_migrations(write(v1_a="select 1")), squawk_that_says(tmp_path, answer, code)))


def test_the_real_squawk_finds_a_long_lock(write: Write) -> None:
    squawk = find_squawk()
    if squawk is None:
        pytest.skip("squawk is not installed (pip install squawk-cli)")
    directory = write(
        v1_a="select 1;\n\ncreate index i on big (a);", v2_b="create table t (); create index j on t (a);"
    )
    (one,) = check_locks(read_migrations(directory), squawk)
    assert (one.rule, one.file, one.statement, one.line) == ("lock/require-concurrent-index-creation", "1_a.sql", 2, 3)


def test_what_is_applied_locks_nothing_any_more(
    write: Write, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = write(v20260101000000_a="create index i on t (a);")
    said = {"file": str(directory / "20260101000000_a.sql"), "line": 0, "message": "", "help": ""}
    answer = json.dumps([said | {"rule_name": "require-concurrent-index-creation"}])
    program = squawk_that_says(tmp_path_factory.mktemp("bin"), answer, 1)
    monkeypatch.setattr("medtime_backend.migrations.verification.find_squawk", lambda: program)
    assert len(verify(directory, []).findings) == 1
    assert not verify(directory, [Recorded("20260101000000", "a", ("create index i on t (a)",))]).findings
    monkeypatch.setattr("medtime_backend.migrations.verification.find_squawk", lambda: None)
    assert verify(directory, None).unchecked == ("Locks: squawk is not installed (pip install squawk-cli).",)
