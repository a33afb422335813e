"""`medtime catalog seed|status`, as a person and a script meet it."""

import hashlib
import json
import sys
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.catalog.sheets import EMA_HEADER, FILES, ema_row, write
from tests.cli.in_process import Answer, run
from tests.http.threaded import serving


@pytest.fixture(autouse=True)
def database(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDTIME_ADMIN_DATABASE_URL", stack.database_url)


class QuietHandler(SimpleHTTPRequestHandler):
    """Gives files, and logs nothing."""

    def log_message(self, *_: object) -> None:
        """Be quiet."""


async def seed(*arguments: str) -> Answer:
    return await run("catalog", "seed", *arguments)


async def test_a_seed_is_summed_up_and_can_be_repeated() -> None:
    given = ("--source", "ema", "--from", str(FILES / "ema_2026.csv"), "--force")
    first = await seed(*given)
    assert first.code == 0, first.err
    assert "EMA (EU), release of 2026-03-14: 117 products" in first.out
    assert "Left out, veterinary: 3" in first.err
    again = await seed(*given)
    assert (again.code, "the same file as last time, nothing changed" in again.out) == (0, True)
    assert (await seed(*given, "--json")).json["unchanged"] is True


async def test_a_search_tells_what_matched_and_why() -> None:
    # Of the sample that the stack starts with.
    found = await run("catalog", "search", "zocor 10 mg")
    assert found.code == 0
    assert [word for word in found.out.split() if word in {"rxnorm:104490", "words"}] == ["rxnorm:104490", "words"]
    told = (await run("catalog", "search", "ambein", "--json", "--source", "rxnorm")).json
    assert set(told) == {"hits", "next", "filtered", "suggestions", "version"}
    nothing = await run("catalog", "search", "xyzzyq")
    assert (nothing.code, "Nothing is found." in nothing.err) == (1, True)
    wrong = await run("catalog", "search", "zocor", "--source", "nhs")
    assert (wrong.code, "cannot be made so: source" in wrong.err) == (1, True)


async def test_rejected_lines_are_told_at_most_twenty_on_the_terminal_and_all_in_a_file(tmp_path: Path) -> None:
    rows = [ema_row(number, **{"Medicine status": "Perhaps"}) for number in range(25)]
    path = write(tmp_path / "f.csv", EMA_HEADER, ema_row(100), *rows)
    told = await seed("--source", "ema", "--from", str(path), "--force", "--rejects", str(tmp_path / "rejects"))
    assert told.code == 0
    assert "line 3: the status 'Perhaps' is not known" in told.err
    assert (told.err.count("is not known"), "and 5 more" in told.err) == (20, True)
    lines = [json.loads(line) for line in (tmp_path / "rejects").read_text().splitlines()]
    assert [line["line"] for line in lines] == list(range(3, 28))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--source", "nhs"), "There is no source 'nhs': it is one of rxnorm, cofepris, ema."),
        (("--source", "ema", "--from", "/not/there"), "There is no file or directory /not/there."),
        (("--source", "ema", "--from", str(FILES / "cofepris.xlsx")), "has no columns 'Name of medicine'"),
        (("--source", "cofepris", "--from", str(FILES / "ema_2026.csv")), "has no columns 'Número de Registro'"),
        (("--source", "rxnorm", "--from", str(FILES / "cofepris.xlsx")), "has no RXNCONSO.RRF"),
        (("--source", "ema", "--from", "http://publisher.example/f"), "over plain http"),
        (("--source", "ema", "--release", "yesterday"), "is no date: write 2026-03-14"),
        (("--source", "ema", "--release", "2999-03-14"), "--release '2999-03-14' is yet to come."),
        (("--source", "ema", "--from", str(FILES)), "files is a directory: this source is one file."),
        (("--source", "ema", "--from", "/dev/zero"), "There is no file or directory /dev/zero."),
        (("--source", "cofepris", "--from", sys.executable), "is not a spreadsheet (.xlsx), CSV"),
    ],
)
async def test_a_mistake_is_one_clear_line_and_changes_nothing(
    admin: asyncpg.Connection, arguments: tuple[str, ...], said: str
) -> None:
    version = await admin.fetchval("select version from public.catalog_version")
    answer = await seed(*arguments)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err
    assert await admin.fetchval("select version from public.catalog_version") == version


async def test_a_publisher_is_asked_over_the_network_and_its_key_is_told_nobody(
    monkeypatch: pytest.MonkeyPatch, admin: asyncpg.Connection
) -> None:
    with serving(partial(QuietHandler, directory=str(FILES))) as address:
        place = f"{address}/ema_2026.csv"
        monkeypatch.setenv("MEDTIME_CATALOG_EMA_URL", f"{place}?apiKey=secret")
        answer = await seed("--source", "ema", "--force", "--json")
        gone = await seed("--source", "ema", "--from", f"{place}.gone?apiKey=secret")
    assert (answer.code, answer.json["products"], answer.json["origin"]) == (0, 117, place)
    assert answer.json["sha256"] == hashlib.sha256((FILES / "ema_2026.csv").read_bytes()).hexdigest()
    assert (gone.code, "127.0.0.1 does not give the file (it answers 404)" in gone.err) == (1, True)
    kept = await admin.fetch("select origin from public.catalog_releases")
    assert not any("secret" in text for text in (answer.out, answer.err, gone.err, *(row["origin"] for row in kept)))


async def test_the_publishers_address_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDTIME_CATALOG_EMA_URL", str(FILES / "ema_2018.csv"))
    answer = await seed("--source", "EMA", "--release", "2018-12-24", "--force", "--json")
    assert (answer.code, answer.json["released_on"]) == (0, "2018-12-24")


def today_for(seconds: float) -> date:
    """Today, by the clock of the database, which lasts for so long at least."""
    now = datetime.now(UTC)
    left = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC) - now
    if left.total_seconds() < seconds:
        time.sleep(left.total_seconds() + 1)
    return datetime.now(UTC).date()


async def test_the_status_tells_which_source_is_past_its_cadence() -> None:
    today = today_for(seconds=60)
    for source, file, age in (("ema", "ema_2026.csv", 31), ("cofepris", "cofepris.xlsx", 31), ("rxnorm", "rxnorm", 7)):
        day = today - timedelta(days=age)
        answer = await seed("--source", source, "--from", str(FILES / file), "--release", str(day), "--force")
        assert answer.code == 0, answer.err
    found = await run("catalog", "status", "--json")
    ages = {one["source"]: (one["age_days"], one["overdue"]) for one in found.json["sources"]}
    assert (ages["ema"], ages["cofepris"], ages["rxnorm"]) == ((31, False), (31, False), (7, False))
    assert (found.code, found.json["ok"]) == (0, True)


async def test_the_status_ends_with_one_when_a_source_is_past_its_cadence() -> None:
    day = today_for(seconds=60) - timedelta(days=32)
    answer = await seed("--source", "ema", "--from", str(FILES / "ema_2018.csv"), "--release", str(day), "--force")
    assert answer.code == 0, answer.err
    found = await run("catalog", "status")
    (line,) = [line for line in found.out.splitlines() if line.split()[:1] == ["ema"]]
    assert (found.code, "past its cadence" in line) == (1, True)
    told = await run("catalog", "status", "--json")
    assert (told.code, told.json["ok"]) == (1, False)


async def test_the_status_says_two_when_it_cannot_tell() -> None:
    answer = await run("catalog", "status", "--db-url", "postgresql://postgres@127.0.0.1:9/postgres")
    assert (answer.code, answer.out) == (2, "")
