"""A person at a terminal sees how far a seed is; whoever reads the output of a script sees none of it."""

import os
import pty
import subprocess
from pathlib import Path

from medtime_backend.local.options import StackInfo
from tests.catalog.sheets import FILES
from tests.cli.command import MEDTIME


def _seed(stack: StackInfo, errors: int, *more: str) -> subprocess.CompletedProcess[bytes]:
    """Seed RxNorm's excerpt with standard error going there."""
    return subprocess.run(  # noqa: S603 - our own command
        [*MEDTIME, "catalog", "seed", "--source", "rxnorm", "--from", str(FILES / "rxnorm"), "--force", *more],
        env={**os.environ, "MEDTIME_ADMIN_DATABASE_URL": stack.database_url, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=errors,
        timeout=60,
        check=False,
    )


def test_a_terminal_shows_a_bar(stack: StackInfo) -> None:
    ours, theirs = pty.openpty()
    try:
        done = _seed(stack, theirs)
        os.set_blocking(ours, False)
        shown = os.read(ours, 65_536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0, shown
    assert "%" in shown
    assert any(step in shown for step in ("start", "RXNCONSO.RRF", "assemble", "merge")), shown
    # It is gone in the end, and no part of the result.
    assert b"%" not in done.stdout
    assert b"RxNorm (US)" in done.stdout


def test_json_and_files_have_none(stack: StackInfo, tmp_path: Path) -> None:
    for more in ((), ("--json",)):
        with (tmp_path / "errors").open("wb") as errors:
            assert _seed(stack, errors.fileno(), *more).returncode == 0
        assert "%" not in (tmp_path / "errors").read_text(encoding="utf-8")
