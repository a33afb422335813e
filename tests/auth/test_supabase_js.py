"""The official JavaScript client works with the local auth server as it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from medtime_backend.local.options import StackInfo

DENO = str(Path(sys.executable).with_name("deno"))
SCRIPT = Path(__file__).with_name("supabase_js.ts")


def deno(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a script of ours
        [DENO, *arguments],
        env=os.environ | {"NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_every_step_of_the_script(stack: StackInfo) -> None:
    fetched = deno("cache", str(SCRIPT))
    if fetched.returncode != 0:
        pytest.skip(f"the official client cannot be fetched from npm: {fetched.stderr.strip()[-200:]}")
    answer = deno(
        *("run", "-A", str(SCRIPT)),
        BASE=stack.auth_url.removesuffix("/auth/v1"),
        PUBLISHABLE_KEY=stack.publishable_key,
        SECRET_KEY=stack.secret_key,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == ["sign up, refresh, sign out", "id token", "pkce", "admin", "refusals"]
