"""`make setup` on a machine that lacks something says so in one clear line."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

OLD = """#!/bin/sh
case "$*" in
  --version) echo "Python 3.9.2" ;;
  *version_info*) exit 1 ;;
  *) exit 99 ;;
esac
"""
WITHOUT_VENV = """#!/bin/sh
case "$*" in
  *version_info*) exit 0 ;;
  *ensurepip*) echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1 ;;
  *) exit 99 ;;
esac
"""


def setup(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run `make setup` in a copy that has no .venv."""
    make = shutil.which("make")
    assert make
    for name in ("Makefile", "pyproject.toml", "requirements-dev.lock"):
        shutil.copy(ROOT / name, folder)
    return subprocess.run(  # noqa: S603 - our own Makefile
        [make, "--no-print-directory", f"PYTHON={python}", "setup"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (OLD, "setup: Python 3.9.2 is too old; MedTime needs Python 3.11 or newer"),
        (WITHOUT_VENV, "setup: this Python has no venv module; on Debian and Ubuntu: apt install python3-venv"),
    ],
)
def test_a_python_that_will_not_do(tmp_path: Path, script: str, said: str) -> None:
    python = tmp_path / "python"
    python.write_text(script)
    python.chmod(0o755)
    done = setup(tmp_path, str(python))
    assert done.returncode != 0
    assert done.stdout.strip().startswith(said)
    assert len(done.stdout.strip().splitlines()) == 1
    assert not (tmp_path / ".venv").exists()


def test_no_python_at_all(tmp_path: Path) -> None:
    done = setup(tmp_path, str(tmp_path / "nowhere"))
    assert done.returncode != 0
    assert "is not on the PATH; install Python 3.11 or newer" in done.stdout


def test_help_lists_every_target() -> None:
    listed = subprocess.run(  # noqa: S603 - our own Makefile
        [str(shutil.which("make")), "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    for target in ("setup", "dev", "test", "check", "bench", "soak", "lock", "clean"):
        assert f"  {target} " in listed
