"""`medtime cleanup`, as an operator uses it: on the database of a running stack, and with the mistakes one can make."""

import asyncio
import os
import pty
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg.transaction import Transaction

from cli.ages import parse_age
from medtime_backend.local.options import StackInfo
from medtime_backend.operator_error import OperatorError
from medtime_backend.services.cleanup import Schedule, clean_up, next_time
from tests.accounts import add_user
from tests.cli.in_process import Answer, run
from tests.cli.pooler import pooler
from tests.database.aging import add_aged

Cleanup = Callable[..., Awaitable[Answer]]
MANIFEST = Path(__file__).parents[2] / "deploy/kubernetes/cleanup-cronjob.yaml"


@pytest.fixture
def cleanup(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> Cleanup:
    """Run `medtime cleanup …` on the stack's database, as the role postgres."""
    monkeypatch.setenv("MEDTIME_ADMIN_DATABASE_URL", stack.database_url)
    return partial(run, "cleanup")


@pytest.fixture
async def owner(admin: asyncpg.Connection) -> AsyncIterator[UUID]:
    """A user with four notes of OCR requests that are 40 days old; afterwards no run is under way."""
    # What other tests have left, and is due by now, would come before them.
    await admin.execute("select private.cleanup()")
    user_id = await add_user(admin)
    await add_aged(admin, "ocr_requests", user_id, 40)
    yield user_id
    await admin.execute("delete from private.cleanup_runs where ended_at is null")
    await admin.execute("delete from auth.users where id = $1", user_id)


async def left(admin: asyncpg.Connection, owner: UUID) -> int:
    return await admin.fetchval("select count(*) from public.srv_ocr_requests where user_id = $1", owner)


async def test_a_run_removes_and_tells_by_kind(cleanup: Cleanup, admin: asyncpg.Connection, owner: UUID) -> None:
    counted = await cleanup("run", "--dry-run", "--json")
    assert (counted.code, counted.json["dry_run"]) == (0, True)
    assert {"kind": "ocr_requests", "rows": 4, "more": False} in counted.json["due"]
    assert "notes of OCR requests" in (await cleanup("run", "--dry-run")).out
    assert await left(admin, owner) == 4
    answer = await cleanup("run", "--batch", "3", "--json")
    assert (answer.code, answer.json["step"]["outcome"]) == (0, "done")
    assert answer.json["step"]["removed"]["ocr_requests"] == 4
    assert await left(admin, owner) == 0
    again = await cleanup("run")
    assert again.code == 0
    assert "deleted entities" in again.out
    assert "In Redis there is nothing to remove" in again.err


async def test_an_age_is_obeyed(cleanup: Cleanup, admin: asyncpg.Connection, owner: UUID) -> None:
    assert (await cleanup("run", "--older-than", "6w")).code == 0
    assert await left(admin, owner) == 4
    assert (await cleanup("run", "--older-than", "39d")).code == 0
    assert await left(admin, owner) == 0


async def test_less_than_a_day_needs_a_yes(cleanup: Cleanup, admin: asyncpg.Connection, owner: UUID) -> None:
    refused = await cleanup("run", "--older-than", "23h")
    assert (refused.code, refused.out) == (2, "")
    assert "would start over" in refused.err
    assert await left(admin, owner) == 4
    assert (await cleanup("run", "--older-than", "23h", "--dry-run")).code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--older-than", "month"], "month is not an age: 36h, 30d or 2w"),
        (["run", "--older-than", "-1d"], "is not an age"),
        (["run", "--older-than", "9999d"], "at most 3650d"),
        (["schedule", "--at", "25:00"], "25:00 is not a time of the day"),
        (["schedule", "--at", "3"], "is not a time"),
        (["schedule", "--at", "03:00", "--off"], "contradict"),
        (["run", "--db-url", "postgresql://a:secret@127.0.0.1:1/x"], "127.0.0.1:1 cannot be reached"),
        (["schedule", "--db-url", "secret nonsense"], "not one of Postgres"),
    ],
)
async def test_a_mistake_is_one_clear_line_and_exit_code_2(cleanup: Cleanup, arguments: list[str], said: str) -> None:
    answer = await cleanup(*arguments)
    assert (answer.code, answer.out, len(answer.err.splitlines())) == (2, "", 1)
    assert said in answer.err
    assert "secret" not in answer.err


async def test_only_the_owner_of_the_schema_may_clean_up(cleanup: Cleanup, stack: StackInfo) -> None:
    answer = await cleanup("run", "--db-url", stack.service_database_url)
    assert answer.code == 2
    assert "use the one that ran the migrations, postgres" in answer.err


async def test_a_second_run_says_so_and_exits_with_1(cleanup: Cleanup, admin: asyncpg.Connection, owner: UUID) -> None:
    await admin.execute("select private.cleanup(batch => 1)")
    answer = await cleanup("run")
    assert (answer.code, answer.out) == (1, "")
    assert "Another run is under way" in answer.err
    assert await left(admin, owner) == 3
    shown = await cleanup("schedule")
    assert "under way" in shown.out


async def test_without_pg_cron_it_says_what_to_use_instead(cleanup: Cleanup) -> None:
    for arguments in ([], ["--at", "04:30"]):
        answer = await cleanup("schedule", *arguments)
        assert answer.code == 1
        assert "deploy/kubernetes/cleanup-cronjob.yaml" in answer.err
    told = await cleanup("schedule", "--json")
    assert (told.json["schedule"]["cron"], told.json["next"]) == ("missing", None)
    assert (await cleanup("schedule", "--off")).code == 0


async def test_it_works_through_a_transaction_pooler(
    cleanup: Cleanup, stack: StackInfo, admin: asyncpg.Connection, owner: UUID
) -> None:
    """P39: neither prepared statements nor settings outlive a transaction there."""
    async with pooler(stack.database_url) as url:
        assert (await cleanup("run", "--batch", "1", "--db-url", url)).code == 0
        assert await left(admin, owner) == 0
        assert (await cleanup("run", "--dry-run", "--db-url", url)).code == 0
        assert (await cleanup("schedule", "--off", "--db-url", url)).code == 0


async def test_a_run_waits_for_whoever_alters_a_table(
    cleanup: Cleanup, stack: StackInfo, admin: asyncpg.Connection, owner: UUID
) -> None:
    altering = await asyncpg.connect(stack.admin_database_url)
    async with altering.transaction():
        await altering.execute("lock table public.srv_ocr_requests in access exclusive mode")
        running = asyncio.create_task(cleanup("run"))
        await asyncio.sleep(0.5)
    await altering.close()
    assert (await running).code == 0
    assert await left(admin, owner) == 0


async def started(stack: StackInfo, stderr: int = asyncio.subprocess.PIPE) -> Process:
    """A run in a process of its own, in batches of four."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from cli.main import main; main()", "cleanup", "run", "--batch", "4"),
        env={**os.environ, "MEDTIME_ADMIN_DATABASE_URL": stack.database_url, "TERM": "xterm"},
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
    )


@asynccontextmanager
async def held_up(stack: StackInfo, admin: asyncpg.Connection, owner: UUID) -> AsyncIterator[Process]:
    """A run that has done its first batch, and cannot do the second."""
    altering = await asyncpg.connect(stack.admin_database_url)
    try:
        async with altering.transaction():
            await altering.execute("lock table public.srv_push_outbox in access exclusive mode")
            process = await started(stack)
            async with asyncio.timeout(60):
                while await left(admin, owner):  # noqa: ASYNC110 - it is done by another process
                    await asyncio.sleep(0.1)
            yield process
    finally:
        await altering.close()


async def last_run(admin: asyncpg.Connection) -> asyncpg.Record:
    return await admin.fetchrow(
        "select outcome, (removed ->> 'ocr_requests')::int from private.cleanup_runs order by started_at desc limit 1"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_end_from_outside_keeps_what_is_done_and_says_so(
    stack: StackInfo, admin: asyncpg.Connection, owner: UUID, number: signal.Signals
) -> None:
    async with held_up(stack, admin, owner) as process:
        process.send_signal(number)
        out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert b"What was removed stays so" in err
    assert b"Traceback" not in err
    assert tuple(await last_run(admin)) == ("interrupted", 4)


async def test_an_interruption_in_a_commit_is_noted(
    stack: StackInfo, admin: asyncpg.Connection, owner: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is there, and whoever has asked for it is stopped before hearing so."""
    commit = Transaction.__aexit__

    async def interrupted(transaction: Transaction, *fault: Any) -> None:
        await commit(transaction, *fault)
        raise asyncio.CancelledError

    connection = await asyncpg.connect(stack.database_url)
    try:
        monkeypatch.setattr(Transaction, "__aexit__", interrupted)
        with pytest.raises(asyncio.CancelledError):
            await clean_up(connection, None, 4, lambda _: None)
    finally:
        monkeypatch.undo()
        await connection.close()
    assert await left(admin, owner) == 0
    assert tuple(await last_run(admin)) == ("interrupted", 4)


async def test_a_lost_connection_is_one_line_and_the_next_run_goes_on(
    cleanup: Cleanup, stack: StackInfo, admin: asyncpg.Connection, owner: UUID
) -> None:
    async with held_up(stack, admin, owner) as process:
        await admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'medtime-cli'"
        )
        out, err = await process.communicate()
    assert (process.returncode, out, len(err.splitlines())) == (2, b"", 1)
    assert await left(admin, owner) == 0
    assert tuple(await last_run(admin)) == (None, 4)
    # As a minute later.
    await admin.execute("update private.cleanup_runs set worked_at = now() - interval '61 s' where ended_at is null")
    assert (await cleanup("run")).code == 0


@pytest.mark.usefixtures("owner")
async def test_a_terminal_shows_how_far_it_is(stack: StackInfo) -> None:
    screen, terminal = pty.openpty()
    process = await started(stack, terminal)
    os.close(terminal)
    out, _ = await process.communicate()
    shown = b""
    with suppress(OSError):
        while part := os.read(screen, 65536):
            shown += part
    os.close(screen)
    assert process.returncode == 0
    assert b"4 rows" in shown
    assert b"notes of OCR requests" in out


@pytest.mark.parametrize(
    ("text", "age"), [("30d", timedelta(30)), ("36h", timedelta(hours=36)), ("2W", timedelta(14)), ("0d", timedelta())]
)
def test_ages_are_read(text: str, age: timedelta) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["", "d", "1.5d", "30", "1y", "٣d", "9999999d", "1d 2h"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(OperatorError):
        parse_age(text)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule("installed", "GMT", "0 3 * * *", active=True), "2026-11-26 03:00"),
        (Schedule("installed", "UTC", "30 23 * * *", active=True), "2026-11-25 23:30"),
        (Schedule("installed", "America/Mexico_City", "0 3 * * *", active=True), None),
        (Schedule("installed", "GMT", "0 3 * * 1", active=True), None),
        (Schedule("installed", "GMT", "* * * * *", active=True), None),
        (Schedule("installed", "GMT", "0 3 * * *"), None),
        (Schedule("missing", "GMT"), None),
    ],
)
def test_the_next_time_is_told_where_it_is_certain(schedule: Schedule, expected: str | None) -> None:
    found = next_time(schedule, datetime(2026, 11, 25, 12, tzinfo=UTC))
    assert (found and f"{found:%Y-%m-%d %H:%M}") == expected


def test_the_cron_job_for_kubernetes_runs_the_command_daily_and_never_twice() -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    for said in (
        'schedule: "0 3 * * *"',
        "timeZone: Etc/UTC",
        "concurrencyPolicy: Forbid",
        "args: [cleanup, run, --json]",
    ):
        assert said in text
