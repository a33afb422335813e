"""The stack runs for root and for ordinary users."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from medtime_backend.local.processes import KEEPER
from tests.cli.command import ROOT, Start, call

pytestmark = [
    pytest.mark.xdist_group("dev"),
    pytest.mark.skipif(os.geteuid() != 0, reason="every other test runs as an ordinary user already"),
]


def first_closed(*paths: str | Path) -> Path | None:
    """Return a directory on the way to one of the paths that other users may not enter."""
    for path in paths:
        for part in Path(path).resolve().parents:
            if not part.stat().st_mode & stat.S_IXOTH:
                return part
    return None


def check(info: dict[str, object]) -> None:
    user = info["users"][0]
    body = {"email": user["email"], "password": user["password"]}
    assert call(f"{info['auth_url']}/token?grant_type=password", body)[0] == 200


def test_it_runs_as_a_user_who_is_not_root(dev: Start) -> None:
    """In a user namespace the whole command is uid 1000, which owns its files and has no privileges."""
    probe = subprocess.run(  # noqa: S603 - our own keeper
        [sys.executable, "-I", "-S", str(KEEPER), "15", "5", "namespace", shutil.which("id") or "id", "-u"],
        stdin=None,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if probe.returncode == 125:
        pytest.skip(f"user namespaces are refused here: {probe.stderr.strip()}")
    command = dev(prefix=(sys.executable, "-c", IN_NAMESPACE))
    check(command.wait_until_ready())
    code, _, err = command.end(signal.SIGINT)
    assert code == 0, err


IN_NAMESPACE = """
import os, sys
sys.path.insert(0, 'medtime_backend/local')
from keeper import enter_user_namespace
enter_user_namespace()
assert os.geteuid() == 1000
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def home_of_nobody() -> Iterator[tuple[Path, pwd.struct_passwd]]:
    account = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="medtime-nobody-") as folder:
        os.chown(folder, account.pw_uid, account.pw_gid)
        yield Path(folder), account


def test_it_runs_as_another_user_of_the_machine(medtime: Start, home_of_nobody: tuple[Path, pwd.struct_passwd]) -> None:
    closed = first_closed(ROOT / "cli", sys.executable, sys.prefix)
    if closed is not None:
        pytest.skip(f"the Python of this environment lies in {closed}, which only its owner may enter")
    folder, account = home_of_nobody
    become = f"import os, sys; os.setgroups([]); os.setgid({account.pw_gid}); os.setuid({account.pw_uid}); "
    command = medtime(
        *("dev", "--json", "--port", "0", "--data-dir", str(folder / "dev")),
        prefix=(sys.executable, "-c", become + "os.execv(sys.argv[1], sys.argv[1:])"),
        environment={"HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    check(command.wait_until_ready())
    assert command.end(signal.SIGTERM)[0] == 0
