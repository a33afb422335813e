"""TLS 1.3 and nothing older, the headers that go with it, and certificates that cannot work."""

import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat

from medtime_backend.local.options import StackInfo
from medtime_backend.routes.catalog import CACHE_CONTROL
from tests.cli.in_process import run
from tests.serve.certificates import certificate
from tests.serve.served import environment_of, served

pytestmark = pytest.mark.xdist_group("serve")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def handshake(port: int, version: str) -> subprocess.CompletedProcess[str]:
    """What `openssl s_client` says when it offers this version alone."""
    return subprocess.run(  # noqa: S603 - a fixed command
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", version, "-brief"],  # noqa: S607 - from the PATH
        input="",
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@needs_openssl
async def test_tls_1_3_alone(stack: StackInfo, tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    async with served(stack, "--certificate", str(chain), "--key", str(key), scheme="https") as service:
        new, old = handshake(service.port, "-tls1_3"), handshake(service.port, "-tls1_2")
        assert "TLSv1.3" in new.stderr
        assert new.returncode == 0
        assert old.returncode != 0
        assert "alert protocol version" in old.stderr
        async with httpx.AsyncClient(base_url=service.address, verify=False) as http:  # noqa: S501 - the test's own
            answer = await http.get("/health/live")
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


async def test_security_headers(anyone: httpx.AsyncClient) -> None:
    """On answers, on problems, and where no route answers; HSTS is for TLS alone (RFC 6797, 7.2)."""
    for path in ("/health/live", "/sync/status", "/nowhere", "/catalog/sources"):
        answer = await anyone.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "strict-transport-security" not in answer.headers
        assert answer.headers.get_list("cache-control") == [CACHE_CONTROL if "catalog" in path else "no-store"]
    assert "content-security-policy" not in (await anyone.get("/schema")).headers


@pytest.mark.parametrize("fault", ["alone", "missing", "garbled", "old form", "another's", "expired"])
async def test_files_that_cannot_work(
    stack: StackInfo, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, key = certificate(tmp_path, days=-1 if fault == "expired" else 30)
    arguments = ["--certificate", str(chain), "--key", str(key)]
    match fault:
        case "alone":
            arguments = arguments[:2]
        case "missing":
            key.unlink()
        case "garbled":
            chain.write_text("no certificate")
        case "old form":
            _, old = certificate(tmp_path, form=PrivateFormat.TraditionalOpenSSL, name="old")
            arguments[3] = str(old)
        case "another's":
            _, other = certificate(tmp_path, name="other")
            arguments[3] = str(other)
    for variable, value in environment_of(stack).items():
        monkeypatch.setenv(variable, value)
    ended = await run("serve", "--port", "1", *arguments)
    assert ended.code == 1
    assert ended.err.startswith("Cannot serve: ")
