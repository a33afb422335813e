"""/functions/v1 of the embedded stack: what Supabase's edge runtime does, and what a function may there."""

import os
import re
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.ports import describe_holder
from medtime_backend.local.stack import Stack

pytestmark = pytest.mark.xdist_group("functions")
ECHO = """
Deno.serve(async (request) => {
  const url = new URL(request.url);
  const body = await request.text();
  const headers = Object.fromEntries(request.headers);
  return Response.json(
    { method: request.method, path: url.pathname, query: url.search, size: body.length, headers, pid: Deno.pid },
    { status: Number(url.searchParams.get("status") ?? 200), headers: { "x-own": "a, b" } },
  );
});
"""
TELLS = """
const tried: Record<string, string> = {};
const attempts: Record<string, () => unknown> = {
  read: () => Deno.readTextFileSync("/etc/hostname"),
  write: () => Deno.writeTextFileSync("/tmp/x", "x"),
  run: () => new Deno.Command("true").outputSync(),
};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    attempt();
    tried[name] = "done";
  } catch (fault) {
    tried[name] = (fault as Error).name;
  }
}
Deno.serve(() => Response.json({ tried, environment: Deno.env.toObject() }));
"""
SETTINGS = "".join(f"[functions.{name}]\nverify_jwt = false\n" for name in ("echo", "tells", "broken", "changing"))
CHANGING = 'Deno.serve(() => new Response("one"));\n'


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="medtime-functions-") as folder:
        sources = {
            "echo": ECHO,
            "tells": TELLS,
            "broken": "throw new Error('no');",
            "changing": CHANGING,
            "guarded": ECHO,
        }
        sources["off"] = ECHO
        for name, text in sources.items():
            (Path(folder) / "functions" / name).mkdir(parents=True)
            (Path(folder) / "functions" / name / "index.ts").write_text(text)
            (Path(folder) / "functions" / name / "deno.json").write_text("{}")
        (Path(folder) / "config.toml").write_text(f"{SETTINGS}[functions.off]\nenabled = false\n")
        yield Path(folder)


@pytest.fixture(scope="module")
def functions(project: Path) -> Iterator[StackInfo]:
    options = StackOptions(
        data_dir=project / "stack",
        durable=False,
        service=False,
        seed=False,
        functions_project=project,
        function_environment={"APNS_URL": "https://127.0.0.1:1"},
    )
    os.environ["MEDTIME_CANARY"] = "x"
    try:
        with Stack(options) as info:
            yield info
    finally:
        del os.environ["MEDTIME_CANARY"]


@pytest.fixture
def call(functions: StackInfo) -> Callable[..., httpx.Response]:
    def send(target: str, method: str = "GET", **more: Any) -> httpx.Response:
        return httpx.request(method, f"{functions.functions_url}/{target}", timeout=60, **more)

    return send


def test_none_runs_before_it_is_called(functions: StackInfo) -> None:
    assert not list((functions.data_dir / "logs").glob("function-*.log"))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_request_arrives_as_it_is(call: Callable[..., httpx.Response], method: str) -> None:
    answer = call("echo/a%2Fb/ü?q=%00&x=1", method, content=b"x" * 200_000, headers={"X-Given": "y"})
    told = answer.json()
    assert (told["method"], told["path"], told["query"]) == (method, "/echo/a%2Fb/%C3%BC", "?q=%00&x=1")
    assert (told["size"], told["headers"]["x-given"], answer.headers["x-own"]) == (200_000, "y", "a, b")


def test_an_answer_comes_back_as_it_is(call: Callable[..., httpx.Response]) -> None:
    assert call("echo?status=418").status_code == 418
    head = call("echo", "HEAD")
    assert (head.status_code, head.content) == (200, b"")


def test_a_function_sees_what_supabase_gives_and_nothing_of_the_machine(
    call: Callable[..., httpx.Response], functions: StackInfo
) -> None:
    told = call("tells").json()
    assert set(told["tried"].values()) == {"NotCapable"}
    environment = told["environment"]
    assert environment["SUPABASE_URL"] == functions.supabase_url
    assert environment["SUPABASE_SECRET_KEYS"] == f'{{"default": "{functions.secret_key}"}}'
    assert environment["SUPABASE_DB_URL"] == functions.database_url
    assert environment["APNS_URL"] == "https://127.0.0.1:1"
    assert "MEDTIME_CANARY" not in environment


def test_refusals_are_supabases(call: Callable[..., httpx.Response], functions: StackInfo) -> None:
    for name in ("nothing", "off", "%2E%2E", "_shared", "echo.ts", ""):
        answer = call(name)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), name
    # A function whose settings do not say otherwise wants a token or a key.
    assert call("guarded").status_code == 401
    assert call("guarded", headers={"apikey": "x"}).json()["code"] == "UNAUTHORIZED_INVALID_JWT_FORMAT"
    assert call("guarded", headers={"apikey": functions.publishable_key}).status_code == 200


def test_one_that_does_not_start_is_told_and_logged(call: Callable[..., httpx.Response], functions: StackInfo) -> None:
    answer = call("broken")
    assert (answer.status_code, answer.json()["code"]) == (503, "BOOT_ERROR")
    assert "Error: no" in (functions.data_dir / "logs" / "function-broken.log").read_text()


def test_one_that_died_is_started_again(call: Callable[..., httpx.Response]) -> None:
    first = call("echo").json()["pid"]
    assert call("echo").json()["pid"] == first
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while (answer := call("echo")).status_code != 200:
        assert answer.status_code == 546
        assert time.monotonic() < deadline
    assert answer.json()["pid"] != first


def test_a_changed_source_is_loaded_anew(call: Callable[..., httpx.Response], project: Path) -> None:
    assert call("changing").text == "one"
    source = project / "functions" / "changing" / "index.ts"
    source.write_text(CHANGING.replace("one", "two"))
    assert call("changing").text == "two"


def test_a_function_does_not_outlive_the_gateway(call: Callable[..., httpx.Response], functions: StackInfo) -> None:
    """The last test: afterwards the gateway is gone."""
    pid = call("echo").json()["pid"]
    holder = re.match(r"process (\d+) ", describe_holder(int(functions.supabase_url.rpartition(":")[2])))
    assert holder
    os.kill(int(holder[1]), signal.SIGKILL)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
