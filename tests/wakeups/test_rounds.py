"""What is left of the wake-ups is sent while the embedded stack runs: what was lost, what fails, and how it ends."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from medtime_backend.local import wakeup_rounds
from medtime_backend.local.functions.configuration import Function, find_function
from medtime_backend.local.options import StackOptions
from medtime_backend.local.stack import Stack
from medtime_backend.local.wakeup_rounds import WakeupRounds
from medtime_backend.wakeup_sender import send_what_is_due
from tests.accounts import entity, new_account
from tests.cli.command import wait_for
from tests.http.threaded import serving
from tests.rates import UNLIMITED
from tests.wakeups.credentials import Credentials
from tests.wakeups.provider import until
from tests.wakeups.providers import providers

pytestmark = pytest.mark.xdist_group("push-notify")

KEY = "sb_secret_of-a-test"
OFTEN = 0.05
NOBODY = "http://127.0.0.1:9"
FUNCTION = "functions/push-notify/index.ts"
TOLD = b'{"sent":1,"more":false}'


def a_project(folder: Path, function: str = "", settings: str = "") -> Path:
    """A folder as supabase/, with the function if there is a text for it."""
    (folder / FUNCTION).parent.mkdir(parents=True)
    (folder / FUNCTION).with_name("deno.json").write_text("{}")
    (folder / "config.toml").write_text(f"[functions.push-notify]\nverify_jwt = false\n{settings}")
    if function:
        (folder / FUNCTION).write_text(function)
    return folder


@contextmanager
def called(answer: Callable[[BaseHTTPRequestHandler, int], None]) -> Iterator[tuple[str, list[str | None]]]:
    """A server in the gateway's place: its address, and the key of each call. `answer` is given the call's number."""
    keys: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            assert self.path == "/push-notify"
            keys.append(self.headers["apikey"])
            answer(self, len(keys))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Handler) as address:
        yield address, keys


def say(call: BaseHTTPRequestHandler, status: int = 200, body: bytes = TOLD) -> None:
    call.send_response(status)
    call.send_header("content-length", str(len(body)))
    call.end_headers()
    call.wfile.write(body)


@contextmanager
def rounds(project: Path, url: str) -> Iterator[list[str]]:
    """What they warn of, while they go on."""
    told: list[str] = []
    made = WakeupRounds(project, url, KEY, seconds=OFTEN, warn=told.append)
    try:
        yield told
    finally:
        made.stop()


def living() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "wakeup-rounds"]


async def test_a_wakeup_whose_first_call_was_lost_is_sent(tmp_path: Path) -> None:
    token = f"{uuid4().hex}:APA91b{uuid4().hex}"
    async with providers(Credentials.make(tmp_path)) as both:
        stack = Stack(
            StackOptions(
                data_dir=tmp_path / "stack",
                durable=False,
                seed=False,
                # The service calls where nobody listens.
                service_environment=UNLIMITED | {"MEDTIME_FUNCTIONS_URL": NOBODY},
                function_environment={**both.environment, "DENO_CERT": str(both.credentials.certificate)},
                wakeup_seconds=0.2,
            )
        )
        try:
            info = await asyncio.to_thread(stack.start)
            admin = await asyncpg.connect(info.admin_database_url)
            user = await new_account(info, admin)
            async with user.http as http:
                registered = await http.put("/devices/tablet", json={"platform": "fcm", "token": token})
                assert registered.status_code == 204
                assert (await user.push("phone", entity())).status_code == 200

                async def lost() -> bool:
                    return 'wakeup_calls_total{result="failed"} 1.0' in (await http.get("/metrics")).text

                await until(lost)
            await until(lambda: both.woken == [token])
            await admin.close()
        finally:
            await asyncio.to_thread(stack.stop)
        assert living() == []
    assert (both.woken, both.faults) == ([token], [])


async def test_a_function_that_fails_does_not_end_the_stack(tmp_path: Path) -> None:
    told: list[str] = []
    stack = Stack(
        StackOptions(
            data_dir=tmp_path / "stack",
            durable=False,
            service=False,
            seed=False,
            functions_project=a_project(tmp_path / "supabase", "throw new Error('no');"),
            wakeup_seconds=OFTEN,
        ),
        warn=told.append,
    )
    try:
        info = await asyncio.to_thread(stack.start)
        await until(lambda: bool(told))
        stack.raise_if_dead()
    finally:
        await asyncio.to_thread(stack.stop)
    assert living() == []
    assert told == ["Wake-ups that are due were not sent. The sender answers 503; its log says why."]
    logs = b"".join(log.read_bytes() for log in (tmp_path / "stack/logs").iterdir())
    assert info.secret_key.encode() not in logs


def test_they_go_on_after_each_fault_and_never_tell_the_key(tmp_path: Path) -> None:
    def answer(call: BaseHTTPRequestHandler, number: int) -> None:
        faults = {1: {"status": 500}, 2: {"status": 500}, 3: {"body": KEY.encode()}, 5: {"status": 500}}
        say(call, **faults.get(number, {}))

    with called(answer) as (url, keys), rounds(a_project(tmp_path / "supabase", "//"), url) as told:
        assert wait_for(lambda: len(keys) >= 7)
    assert set(keys) == {KEY}
    failed, unread = "The sender answers 500; its log says why.", "That is no sender: its answer cannot be read."
    # What goes on is told once; what comes again after a success is told again.
    assert told == [f"Wake-ups that are due were not sent. {text}" for text in (failed, unread, failed)]


async def test_a_run_goes_on_until_nothing_is_due() -> None:
    def answer(call: BaseHTTPRequestHandler, number: int) -> None:
        say(call, body=b'{"sent":200,"more":%s}' % (b"true" if number < 3 else b"false"))

    with called(answer) as (url, keys):
        async with httpx.AsyncClient(trust_env=False) as http:
            told = await send_what_is_due(http, url, KEY)
    assert (told["sent"], keys) == (600, [KEY] * 3)


@pytest.mark.parametrize(("function", "settings"), [("", ""), ("//", "enabled = false\n")])
def test_nobody_is_called_while_the_function_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, settings: str
) -> None:
    looked: list[Function | None] = []

    def look(project: Path, name: str) -> Function | None:
        looked.append(find_function(project, name))
        return looked[-1]

    monkeypatch.setattr(wakeup_rounds, "find_function", look)
    with called(lambda call, _: say(call)) as (url, keys):
        project = a_project(tmp_path / "supabase", function, settings)
        with rounds(project, url) as told:
            assert wait_for(lambda: len(looked) >= 3)
            assert keys == []
            (project / FUNCTION).write_text("//")
            (project / "config.toml").write_text("")
            assert wait_for(lambda: bool(keys))
    assert (looked[:3], told) == ([None] * 3, [])


def test_a_configuration_that_is_being_edited_is_told_and_read_again(tmp_path: Path) -> None:
    with called(lambda call, _: say(call)) as (url, keys):
        project = a_project(tmp_path / "supabase", "//", "[functions.")
        with rounds(project, url) as told:
            assert wait_for(lambda: bool(told))
            (project / "config.toml").write_text("")
            assert wait_for(lambda: bool(keys))
    assert set(told) == {"Wake-ups that are due were not sent. (TOMLDecodeError)"}


def test_they_end_at_once_in_the_middle_of_a_call(tmp_path: Path) -> None:
    at_work, over = threading.Event(), threading.Event()

    def hang(_: BaseHTTPRequestHandler, number: int) -> None:
        at_work.set()
        assert over.wait(60), number

    with called(hang) as (url, keys):
        with rounds(a_project(tmp_path / "supabase", "//"), url) as told:
            assert at_work.wait(30)
            assert living() == ["wakeup-rounds"]
        # Ended, while nobody has answered yet.
        assert (living(), told, keys) == ([], [], [KEY])
        over.set()
