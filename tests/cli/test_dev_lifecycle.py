"""`medtime dev` starts, is of use, stops in every way, and starts again on the same data."""

import os
import signal
from pathlib import Path

import pytest

from tests.cli.command import Start, call, wait_for

pytestmark = pytest.mark.xdist_group("dev")


def sign_in(info: dict[str, object], user: dict[str, str]) -> str:
    body = {"email": user["email"], "password": user["password"]}
    status, answer = call(f"{info['auth_url']}/token?grant_type=password", body)
    assert (status, answer["user"]["id"]) == (200, user["user_id"])
    return answer["access_token"]


def test_the_line_of_json_is_all_one_needs_to_sign_in_and_sync(dev: Start) -> None:
    command = dev()
    info = command.wait_until_ready()
    addresses = {
        "base_url",
        "supabase_url",
        "auth_url",
        "functions_url",
        "database_url",
        "service_database_url",
        "redis_url",
    }
    assert set(info) == {*addresses, "publishable_key", "secret_key", "users"}
    token = sign_in(info, info["users"][0])
    status, answer = call(f"{info['base_url']}/sync/status?device_id=phone", bearer=token)
    assert status == 200
    assert answer["entities"] == 0


def test_luis_is_the_caregiver_of_ana(dev: Start) -> None:
    info = dev().wait_until_ready()
    ana, luis = info["users"]
    token = sign_in(info, luis)
    status, answer = call(f"{info['base_url']}/sync/status?device_id=phone", bearer=token)
    assert status == 200
    assert set(answer["owners"]) >= {ana["user_id"]}


def test_the_sender_of_wakeups_is_called_regularly(dev: Start, data_dir: Path) -> None:
    command = dev("--wakeups-every", "1")
    info = command.wait_until_ready()
    log = data_dir / "logs/function-push-notify.log"
    assert wait_for(lambda: log.exists() and log.read_text().count('"status":200') >= 2, seconds=60)
    code, out, err = command.end(signal.SIGINT)
    assert (code, out, "Wake-ups" in err) == (0, "", False), err
    assert info["secret_key"] not in log.read_text()
    assert command.living() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_it_cleanly_and_a_second_start_keeps_the_users(dev: Start, number: signal.Signals) -> None:
    command = dev()
    first = command.wait_until_ready()
    code, out, err = command.end(number)
    assert (code, out) == (0, ""), err
    assert command.living() == []
    second = dev().wait_until_ready()
    assert second["users"] == first["users"]
    sign_in(second, second["users"][1])


def test_a_signal_while_starting_stops_it_cleanly(dev: Start, data_dir: Path) -> None:
    command = dev()
    assert wait_for((data_dir / "stack.lock").exists)
    code, out, err = command.end(signal.SIGINT)
    assert (code, out) == (0, ""), err
    assert command.living() == []


def test_killing_the_stack_leaves_no_process_and_the_data_usable(dev: Start) -> None:
    command = dev()
    first = command.wait_until_ready()
    assert len(command.living()) >= 8  # four children and their keepers
    command.end(signal.SIGKILL)
    # At once: the second start waits for what is left of the first.
    second = dev().wait_until_ready()
    assert command.living(marked_only=True) == []
    assert second["users"] == first["users"]
    sign_in(second, second["users"][0])


def test_killing_the_stack_leaves_no_process(dev: Start) -> None:
    command = dev()
    command.wait_until_ready()
    command.end(signal.SIGKILL)
    assert wait_for(lambda: command.living() == []), command.living()


def test_killing_a_keeper_stops_its_child_and_the_stack(dev: Start) -> None:
    command = dev()
    command.wait_until_ready()
    (keeper,) = [int(line.split()[0]) for line in command.living() if "keeper.py" in line and "valkey" in line]
    os.kill(keeper, signal.SIGKILL)
    code, _, err = command.finish()
    assert code == 1
    assert "Valkey ended by itself" in err
    assert wait_for(lambda: command.living() == []), command.living()


@pytest.mark.parametrize(
    ("part", "name"),
    [("bin/postgres", "Postgres"), ("local.gateway", "The gateway"), ("create_app", "The service")],
)
def test_a_process_that_dies_is_named_with_its_log_and_a_new_start_works(dev: Start, part: str, name: str) -> None:
    command = dev()
    first = command.wait_until_ready()
    os.kill(command.pid_of(part), signal.SIGKILL)
    code, _, err = command.finish()
    assert code == 1
    assert f"{name} ended by itself (exit code 137); its log is " in err
    assert "Traceback" not in err
    assert wait_for(lambda: command.living() == []), command.living()
    assert dev().wait_until_ready()["users"] == first["users"]


def test_reset_starts_from_nothing(dev: Start) -> None:
    command = dev()
    first = command.wait_until_ready()
    command.end(signal.SIGINT)
    second = dev("--reset", "--yes").wait_until_ready()
    assert second["users"][0]["password"] != first["users"][0]["password"]
