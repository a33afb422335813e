"""The parts of the doctor that need no deployment: clocks, certificates, exit codes, words without secrets."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from medtime_backend.doctor import examination, service
from medtime_backend.doctor.certificates import check_certificate
from medtime_backend.doctor.clocks import judge_clock
from medtime_backend.doctor.deployment import Credentials, Deployment, Visit
from medtime_backend.doctor.findings import Finding, exit_code, place_of, reason_of
from medtime_backend.doctor.signing_in import SignedInUser

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("seen", "result"),
    [
        (NOW, "ok"),
        (NOW + 0.5, "ok"),
        (NOW + 2.9, "ok"),
        (NOW + 3, "warning"),
        (NOW - 2, "warning"),
        (NOW + 30.9, "warning"),
        (NOW + 31, "failure"),
        (NOW - 30, "failure"),
    ],
)
def test_clocks_may_differ_by_less_than_two_seconds(seen: float, result: str) -> None:
    assert judge_clock("x", NOW, NOW + 1, seen).result == result


def test_a_clock_says_in_which_direction_it_is_wrong() -> None:
    assert "60 s ahead of" in judge_clock("x", NOW, NOW, NOW + 60).detail
    assert "60 s behind" in judge_clock("x", NOW, NOW, NOW - 60).detail


@pytest.mark.parametrize(
    ("results", "code"),
    [(["ok", "skipped"], 0), (["ok", "warning"], 0), (["ok", "failure", "skipped"], 1), (["skipped"], 2), ([], 2)],
)
def test_exit_codes(results: list[str], code: int) -> None:
    assert exit_code(Finding("x", result, "") for result in results) == code  # type: ignore[arg-type] # given as text


def test_no_secret_is_in_what_is_told_of_an_address_or_a_fault() -> None:
    for url in ("postgresql://a:secret@h:5432/db?password=secret", "https://u:secret@h/secret", "http://[secret"):
        assert "secret" not in place_of(url)
    for fault in (
        ValueError("secret"),
        OSError("secret"),
        asyncpg.PostgresError("secret"),
        httpx.ConnectError("secret"),
        TimeoutError("secret"),
    ):
        assert "secret" not in reason_of(fault)
    deployment = Deployment(admin_url="secret", api_key="secret", credentials=Credentials("a@b.c", "secret"))
    assert "secret" not in repr(deployment)


async def test_a_check_that_breaks_or_hangs_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(_: Visit) -> AsyncIterator[Finding]:
        yield Finding("first half", "ok", "")
        raise ZeroDivisionError("secret")

    async def hangs(_: Visit) -> AsyncIterator[Finding]:
        yield Finding("before", "ok", "")
        await asyncio.sleep(60)

    async def goes_well(_: Visit) -> AsyncIterator[Finding]:
        yield Finding("well", "ok", "")

    monkeypatch.setattr(examination, "SECONDS", 0.1)
    monkeypatch.setattr(examination, "CHECKS", (("breaks", breaks), ("hangs", hangs), ("well", goes_well)))
    monkeypatch.setattr(examination, "SECOND_ROUND", ())
    found = await examination.examine(Deployment())
    assert [(one.check, one.result) for one in found] == [
        ("first half", "ok"),
        ("breaks", "failure"),
        ("before", "ok"),
        ("hangs", "failure"),
        ("well", "ok"),
    ]
    assert "ZeroDivisionError" in found[1].detail
    assert "secret" not in found[1].detail


@pytest.mark.parametrize(
    ("status", "result", "said"),
    [(200, "ok", "answers"), (404, "skipped", "gateway"), (500, "failure", "500"), (503, "failure", "503")],
)
async def test_a_gateway_does_not_pass_on_whether_the_service_is_ready(status: int, result: str, said: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status if request.url.path == "/health/ready" else 200, json={})

    deployment = Deployment(service_url="https://api.example.com")
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        found = {one.check: one async for one in service.check(Visit(deployment, http, SignedInUser(deployment)))}
    assert (found[service.READY].result, said in found[service.READY].detail) == (result, True)


@asynccontextmanager
async def tls_server(folder: Path, days: int) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    """A server whose certificate ends in so many days, and a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    ends = datetime.now(UTC) + timedelta(days=days, hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=400))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    encoded = serialization.Encoding.PEM
    private = key.private_bytes(encoded, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + certificate.public_bytes(encoded))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], ssl.create_default_context(cafile=str(file))
    finally:
        server.close()


@pytest.mark.parametrize(
    ("days", "result", "said"), [(90, "ok", "90 days"), (20, "warning", "20 days"), (-1, "failure", "expired")]
)
async def test_a_certificate_is_good_for_three_weeks(tmp_path: Path, days: int, result: str, said: str) -> None:
    async with tls_server(tmp_path, days) as (port, trusting):
        found = await check_certificate("localhost", port, trusting)
    assert (found.result, said in found.detail) == (result, True)


async def test_a_certificate_that_nobody_vouches_for_fails(tmp_path: Path) -> None:
    async with tls_server(tmp_path, 90) as (port, _):
        found = await check_certificate("localhost", port, ssl.create_default_context())
    assert (found.result, found.detail) == ("failure", "self-signed certificate")
    assert (await check_certificate("localhost", port, ssl.create_default_context())).result == "failure"
