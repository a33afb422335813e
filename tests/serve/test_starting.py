"""What `medtime serve` says before it serves: settings that are wrong, and those that nobody reads."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from medtime_backend.local.options import StackInfo
from tests.cli.in_process import run
from tests.http.own_service import free_port
from tests.serve.served import environment_of


async def test_a_variable_that_is_no_setting_is_named_and_no_reason_to_stop(
    stack: StackInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in environment_of(stack, trusted_proxy="10.0.0.0/8").items():
        monkeypatch.setenv(variable, value)
    # It goes on to the next thing that is wrong.
    ended = await run("serve", "--certificate", "/nowhere")
    told, refused = ended.err.splitlines()
    assert told == "No setting: MEDTIME_TRUSTED_PROXY (is MEDTIME_TRUSTED_PROXIES meant?); it has no effect."
    assert refused == "Cannot serve: --certificate and --key belong together."
    assert ended.code == 1


async def test_a_secret_file_that_is_not_there_is_named(
    stack: StackInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in environment_of(stack).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("MEDTIME_REDIS_URL")
    monkeypatch.setenv("MEDTIME_REDIS_URL_FILE", str(tmp_path / "nothing"))
    ended = await run("serve")
    assert ended.err == "Cannot serve: MEDTIME_REDIS_URL_FILE names no file.\n"
    assert ended.code == 1


@pytest.mark.parametrize(
    ("settings", "hints"),
    [
        ({"trusted_proxies": "10.0.0.0/8", "metrics_networks": "fd00::/8,10.1.0.0/16"}, 1),
        ({"trusted_proxies": "127.0.0.0/8"}, 1),
        ({"trusted_proxies": "10.0.0.0/8"}, 0),
        ({"trusted_proxies": "10.0.0.0/8", "metrics_networks": "10.1.0.0/16", "metrics_listen": "127.0.0.1:1"}, 0),
    ],
)
async def test_metrics_that_a_prometheus_cannot_read_are_hinted_at(
    stack: StackInfo, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], hints: int
) -> None:
    for variable, value in environment_of(stack, **settings).items():
        monkeypatch.setenv(variable, value)
    ended = await run("serve", "--certificate", "/nowhere")
    assert " ".join(ended.err.split()).count("set MEDTIME_METRICS_LISTEN") == hints


@pytest.mark.parametrize("taken", ["by another", "by itself"])
async def test_a_port_for_metrics_that_is_taken_is_named(
    stack: StackInfo, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    own = free_port()
    held = urlsplit(stack.base_url).port if taken == "by another" else own
    for variable, value in environment_of(stack, metrics_listen=f"127.0.0.1:{held}").items():
        monkeypatch.setenv(variable, value)
    ended = await run("serve", "--port", str(own))
    assert ended.code == 1
    told = "MEDTIME_METRICS_LISTEN names the service's own port" if taken == "by itself" else f"Port {held} is held by"
    assert told in " ".join(ended.err.split())
