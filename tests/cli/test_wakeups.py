"""`medtime wakeups`, as an operator uses it: on the database of a running stack, and with the mistakes one can make."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import add_user
from tests.cli.in_process import Answer, run

Wakeups = Callable[..., Awaitable[Answer]]
MANIFEST = Path(__file__).parents[2] / "deploy/kubernetes/wakeups-cronjob.yaml"


@pytest.fixture
def wakeups(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> Wakeups:
    """Run `medtime wakeups …` on the stack's database, as the role postgres."""
    monkeypatch.setenv("MEDTIME_ADMIN_DATABASE_URL", stack.database_url)
    return partial(run, "wakeups")


async def add_wakeup(admin: asyncpg.Connection, columns: str, values: str) -> None:
    """A device with a wake-up of which these columns are set; whatever else was queued is gone."""
    await admin.execute("truncate public.srv_push_devices, public.srv_push_outbox, private.wakeup_requests")
    user = await add_user(admin)
    await admin.execute(
        "insert into public.srv_push_devices (user_id, device_id, platform, token) values ($1, 'phone', 'fcm', $2)",
        user,
        f"token-of-{user}",
    )
    await admin.execute(
        f"insert into public.srv_push_outbox (user_id, device_id, {columns}) values ($1, 'phone', {values})",  # noqa: S608 - constants
        user,
    )


async def test_it_tells_how_they_stand_and_what_is_late_is_a_finding(
    wakeups: Wakeups, admin: asyncpg.Connection
) -> None:
    await add_wakeup(admin, "due_at", "now() - interval '1 minute'")
    told = await wakeups("status", "--json")
    state = told.json["state"]
    assert (told.code, state["waiting"], state["at_work"], state["set_aside_now"]) == (0, 1, 0, 0)
    assert 55 < state["oldest_seconds"] < 300
    assert told.json["schedule"]["missing"]
    await add_wakeup(admin, "due_at", "now() - interval '10 minutes'")
    late = await wakeups("status")
    assert (late.code, "due for" in late.err, "Not scheduled" in late.err) == (1, True, True)


async def test_what_is_set_aside_is_queued_anew(wakeups: Wakeups, admin: asyncpg.Connection) -> None:
    await add_wakeup(admin, "set_aside_at, attempts", "now(), 8")
    assert "1 queued anew" in (await wakeups("retry")).err
    row = await admin.fetchrow("select attempts, set_aside_at from public.srv_push_outbox")
    assert tuple(row) == (0, None)
    assert "0 queued anew" in (await wakeups("retry")).err


async def test_window_and_attempts_can_be_set(wakeups: Wakeups, admin: asyncpg.Connection) -> None:
    read = "select extract(epoch from coalescing_window)::int, most_attempts from private.wakeup_settings"
    try:
        assert (await wakeups("set", "--window", "30")).code == 0
        assert tuple(await admin.fetchrow(read)) == (30, 8)
        assert (await wakeups("set", "--attempts", "5")).code == 0
        assert tuple(await admin.fetchrow(read)) == (30, 5)
        assert "Nothing was named" in (await wakeups("set")).err
        assert (await wakeups("set", "--window", "0")).code == 2
    finally:
        assert (await wakeups("set", "--window", "20", "--attempts", "8")).code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("send",), "MEDTIME_FUNCTIONS_URL"),
        (("send", "--functions-url", "https://a.test"), "Which sender?"),
        (("schedule", "--functions-url", "http://a.test", "--key-from", "KEY"), "must be https"),
        (("schedule", "--functions-url", "nonsense", "--key-from", "KEY"), "no http"),
        (("send", "--functions-url", "https://a.test", "--key-from", "/nowhere"), "cannot be read"),
        (("send", "--functions-url", "https://a.test", "--key-from", "EMPTY"), "is no key"),
        (("send", "--functions-url", "http://127.0.0.1:9", "--key-from", "KEY"), "cannot be reached"),
    ],
)
async def test_a_mistake_is_one_line(wakeups: Wakeups, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "KEY").write_text("trigger\n")
    (tmp_path / "EMPTY").write_text("\n")
    files = {"KEY": str(tmp_path / "KEY"), "EMPTY": str(tmp_path / "EMPTY")}
    told = await wakeups(*(files.get(one, one) for one in arguments))
    assert (told.code, said in " ".join(told.err.split())) == (2, True), told.err
    assert "Traceback" not in told.err


async def test_sending_calls_the_function_of_the_stack(wakeups: Wakeups, stack: StackInfo, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(stack.secret_key)
    target = ("send", "--functions-url", stack.functions_url, "--key-from", str(key))
    told = await wakeups(*target, "--json")
    assert (told.code, told.json["more"]) == (0, 0)
    key.write_text(stack.publishable_key)
    refused = await wakeups(*target)
    assert (refused.code, "answers 401" in refused.err) == (2, True)


def test_the_cronjob_runs_what_the_command_knows() -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    for said in (
        'schedule: "* * * * *"',
        "concurrencyPolicy: Forbid",
        "args: [wakeups, send, --json]",
        "name: MEDTIME_FUNCTIONS_URL",
        "name: MEDTIME_FUNCTIONS_KEY_FILE",
    ):
        assert said in text
