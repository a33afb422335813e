"""What `medtime serve` says before it serves: settings that are wrong, and those that nobody reads."""

from pathlib import Path

import pytest

from medtime_backend.local.options import StackInfo
from tests.cli.in_process import run
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
