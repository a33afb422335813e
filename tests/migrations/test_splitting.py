"""Splitting: ours is the server's, and nothing of a text gets lost."""

import re
import time
from collections.abc import AsyncIterator

import pytest

from medtime_backend.local.shadow import Shadow
from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.splitting import split
from tests.migrations.command_tags import TaggedConnection, tagged
from tests.migrations.splitting_inputs import INPUTS, Input

BY_NAME = pytest.mark.parametrize("case", INPUTS, ids=lambda case: case.name.replace(" ", "-"))


@pytest.fixture
async def wire(server: Shadow) -> AsyncIterator[TaggedConnection]:
    """A connection whose work is rolled back."""
    async with tagged(server.database.database_url) as connection:
        await connection.tags_of("begin")
        yield connection


def test_there_are_enough_inputs() -> None:
    assert len({case.text for case in INPUTS}) == len(INPUTS) >= 60


@BY_NAME
def test_a_text_is_split_into_its_statements(case: Input) -> None:
    assert tuple(part.text for part in split(case.text)) == case.statements


@BY_NAME
def test_nothing_but_spaces_and_semicolons_gets_lost(case: Input) -> None:
    kept = "".join(part.text for part in split(case.text))
    assert re.sub(r"[\s;]", "", kept) == re.sub(r"[\s;]", "", case.text)


@BY_NAME
async def test_the_server_finds_the_same_statements(case: Input, wire: TaggedConnection) -> None:
    """P1, P2, P3: bodies, identifiers with "atomic", nested dollar quotes."""
    await wire.tags_of("savepoint whole")
    whole = await wire.tags_of(case.text)
    await wire.tags_of("rollback to whole")
    pieces = [await wire.tags_of(part.text) for part in split(case.text) if part.runs]
    assert [len(tags) for tags in pieces] == [1] * len(pieces)
    assert [tag for tags in pieces for tag in tags] == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("selec 1;select 2;", [("selec 1", True), ("select 2", False)]),
        ("select 1;\nselect (", [("select 1", False), ("select (", True)]),
        (
            "create table t (a int, b int generated always as (a) virtual);select 2",
            [("create table t (a int, b int generated always as (a) virtual)", True), ("select 2", False)],
        ),
        (
            "foo (a; b);create function f() returns int begin atomic select 1; select 2; end;-- end",
            [
                ("foo (a; b)", True),
                ("create function f() returns int begin atomic select 1; select 2; end", False),
                ("-- end", False),
            ],
        ),
    ],
)
def test_what_our_grammar_does_not_know_is_left_to_the_server(text: str, expected: list[tuple[str, bool]]) -> None:
    assert [(part.text, part.fault is not None) for part in split(text)] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select 1;\nselect 'a", r"line 2: unterminated quoted string"),
        ("select 1;\n\n/* a", r"line 3: unterminated /\* comment"),
        ("select $$a", r"line 1: unterminated dollar-quoted string"),
        ("foo;" * 100, r"line 1: syntax error at or near \"foo\""),
    ],
)
def test_what_cannot_be_sql_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(MigrationError, match=message):
        split(text)


def test_lines_are_those_of_the_first_words() -> None:
    text = "-- a\n\nselect 1; -- b\n\n/* c\n*/ select\n2;\n-- d\n;\nselect 3;\n-- e\n-- f\n"
    found = [(part.line, part.runs) for part in split(text)]
    assert found == [
        (3, True),
        (6, True),
        (8, False),
        (10, True),
        (11, False),
    ]


def test_a_text_of_megabytes_is_split_in_seconds() -> None:
    """Some ways to do it take a time that grows with the square of the size: minutes here."""
    text = "-- é\ninsert into t values ('" + "x" * 100 + "'); -- ñ\n"
    started = time.monotonic()
    assert len(split(text * 50_000)) == 50_001
    assert time.monotonic() - started < 20
