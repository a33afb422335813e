"""supabase/config.toml says what our local auth server does, and the official CLI takes it on a fresh clone."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from medtime_backend.local.options import DEFAULT_ISSUER, StackInfo
from medtime_backend.local.tokens import LIFETIME_SECONDS
from medtime_backend.settings import Settings
from tests.cli.command import ROOT

SUPABASE = ROOT / "supabase"
STATEMENTS = ROOT / "medtime_backend" / "local" / "auth_server" / "statements"
PROVIDERS = ("google", "apple")
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
CLI = ("run", "-A", "npm:supabase@2.117.0")
Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return tomllib.loads((SUPABASE / "config.toml").read_text(encoding="utf-8"))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What git has of the directory, and nothing of a developer's own."""
    (tmp_path / "supabase").mkdir()
    shutil.copy(SUPABASE / "config.toml", tmp_path / "supabase")
    return tmp_path


@pytest.fixture(scope="module")
def cli() -> Cli:
    """The official CLI; skipped where npm cannot be reached and the CLI was never fetched."""
    deno = str(Path(sys.executable).with_name("deno"))

    def run(*arguments: str, directory: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SUPABASE_")}
        return subprocess.run(  # noqa: S603 - the CLI the project names
            [deno, *CLI, *arguments],
            cwd=directory,
            env=kept | environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    probe = run("--version")
    if probe.returncode != 0:
        pytest.skip(f"the official Supabase CLI cannot be fetched from npm: {probe.stderr.strip()[-200:]}")
    return run


def seconds(text: str) -> int:
    """Seconds of an interval of Postgres or Go: 10 seconds, 7 days, 168h."""
    number, unit = re.fullmatch(r"(\d+) ?([a-z]+)", text).groups()
    return int(number) * next(size for name, size in SECONDS.items() if name.startswith(unit.rstrip("s") or "second"))


def interval(statement: str) -> int:
    """The one interval of a statement of the local auth server, in seconds."""
    (found,) = re.findall(r"interval '([^']+)'", (STATEMENTS / f"{statement}.sql").read_text(encoding="utf-8"))
    return seconds(found)


def test_the_times_are_those_of_the_local_auth_server(config: dict[str, Any]) -> None:
    auth = config["auth"]
    assert auth["jwt_expiry"] == LIFETIME_SECONDS == 3600
    assert auth["enable_refresh_token_rotation"] is True
    assert auth["refresh_token_reuse_interval"] == interval("tokens_of_session") == 10
    assert seconds(auth["sessions"]["inactivity_timeout"]) == interval("lock_session_of_token") == 7 * 86400


def test_the_issuer_is_the_one_the_service_expects(config: dict[str, Any]) -> None:
    issuer = next(field.default for field in msgspec.structs.fields(Settings) if field.name == "jwt_issuer")
    assert config["auth"]["jwt_issuer"] == DEFAULT_ISSUER == issuer == "https://auth.medtime.app"


def test_the_hook_is_on_and_names_our_function(config: dict[str, Any]) -> None:
    assert config["auth"]["hook"] == {
        "custom_access_token": {
            "enabled": True,
            "uri": "pg-functions://postgres/public/custom_access_token_hook",
        }
    }


def test_the_ways_to_sign_in(config: dict[str, Any]) -> None:
    auth = config["auth"]
    assert auth["email"]["enable_signup"] is True
    assert auth["enable_anonymous_sign_ins"] is False
    assert {name for name, one in auth["external"].items() if one["enabled"]} == set(PROVIDERS)
    for name in PROVIDERS:
        assert auth["external"][name] == {
            "enabled": True,
            "client_id": f"env(SUPABASE_AUTH_EXTERNAL_{name.upper()}_CLIENT_ID)",
            "secret": f"env(SUPABASE_AUTH_EXTERNAL_{name.upper()}_SECRET)",
            "skip_nonce_check": False,
        }


def test_no_key_and_no_secret_can_be_committed() -> None:
    ignored = (SUPABASE / ".gitignore").read_text(encoding="utf-8").split()
    assert {"signing_keys.json", ".env", ".env.*"} <= set(ignored)
    tracked = subprocess.run(
        ["git", "ls-files", "supabase"],  # noqa: S607 - git of the path
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not re.search(r"signing_keys|\.env", tracked.stdout)


@pytest.mark.xdist_group("official-cli")
@pytest.mark.parametrize("secrets", [True, False])
def test_a_fresh_clone_works_with_the_official_cli(cli: Cli, clone: Path, stack: StackInfo, secrets: bool) -> None:  # noqa: FBT001
    names = [f"SUPABASE_AUTH_EXTERNAL_{name.upper()}_{part}" for name in PROVIDERS for part in ("CLIENT_ID", "SECRET")]
    given = dict.fromkeys(names, "x") if secrets else {}
    listed = cli("migration", "list", "--db-url", stack.database_url, directory=clone, **given)
    assert listed.returncode == 0, listed.stderr
    assert "20261126000200" in listed.stdout
    assert not (clone / "supabase" / "signing_keys.json").exists()


@pytest.mark.xdist_group("official-cli")
def test_the_documented_commands_make_a_key_that_the_cli_takes(cli: Cli, clone: Path) -> None:
    """The two lines of config.toml's comment, as they stand there."""
    text = (SUPABASE / "config.toml").read_text(encoding="utf-8")
    make_key, name_it = re.findall(r"^#   (.+)$", text, re.MULTILINE)
    deno = Path(sys.executable).with_name("deno")
    script = f'supabase() {{ "{deno}" {" ".join(CLI)} "$@" 2>/dev/null; }}\n{make_key}\n{name_it}\n'
    subprocess.run(["bash", "-ec", script], cwd=clone, check=True, timeout=300)  # noqa: S603, S607 - our own lines

    keys = clone / "supabase" / "signing_keys.json"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    (key,) = json.loads(keys.read_text())
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    # There is no Docker here, but the keys are read before it is looked for.
    assert "signing keys" not in cli("status", directory=clone).stderr
    keys.unlink()
    assert "signing keys" in cli("status", directory=clone).stderr
