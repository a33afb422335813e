"""What a refusal adds to the metrics, and who may read them."""

import asyncio
import http.server
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import jwt
import pytest
from prometheus_client.parser import text_string_to_metric_families

from medtime_backend import errors
from medtime_backend.jwks import COOL_DOWN
from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.accounts import Account, entity
from tests.http.auth_relay import relay_to_twin
from tests.http.auth_twin import Answer
from tests.http.bearer import SUBJECT, bearer
from tests.http.own_service import service
from tests.http.problems import CANARY, DEVICE, problem_of
from tests.http.threaded import serving
from tests.http.two_services import at

pytestmark = pytest.mark.xdist_group("limits")

ONE_PUSH = "sync_push=1,sync_pull=1000,catalog=1,ocr=1"


async def counted(address: str) -> dict[tuple[str, ...], float]:
    """The samples of a service: (name, label values…) → value."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as http:
        return samples(await http.get("/metrics"))


def samples(answer: httpx.Response) -> dict[tuple[str, ...], float]:
    """Those of an answer."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert CANARY not in answer.text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_refusals_are_counted_by_their_problem(stack: StackInfo, user: Account, key: SigningKey) -> None:
    async with service(stack, rate_free=ONE_PUSH) as address, at(address, user) as there:
        for claims in ({"exp": 0}, {"exp": 0}, {"aud": CANARY}, {"role": "anon"}, {"is_anonymous": True}):
            token = mint(key, TokenClaims(SUBJECT, extra=claims))
            assert (await there.http.get("/sync/status", headers=bearer(token))).status_code in {401, 403}
        await there.http.get("/sync/status", headers=bearer(CANARY))
        unknown = mint(key, TokenClaims(SUBJECT))
        problem_of(await there.http.get("/sync/status", headers=bearer(unknown)), 401, "unknown-user")
        async with httpx.AsyncClient(base_url=address) as nobody:
            problem_of(await nobody.get("/sync/status"), 401, "missing-token")
        await there.push(DEVICE, entity())
        problem_of(await there.push(DEVICE, entity()), 429, "rate-limited")
        found = await counted(address)
    assert found["invalid_jwt_total", "token-expired"] == 2
    for slug in ("wrong-audience", "not-a-user-token", "anonymous-user", "malformed-token"):
        assert found["invalid_jwt_total", slug] == 1
    assert found["auth_failures_total", "unknown-user"] == 1
    assert found["auth_failures_total", "missing-token"] == 1
    assert found["rate_limit_exceeded_total", "sync_push"] == 1
    assert found["redis_up",] == 1
    assert found["admissions_without_redis_total",] == 0


async def test_refusals_are_there_before_the_first(stack: StackInfo) -> None:
    """From nothing to the first refusals Prometheus sees no increase (AuthFailuresMany)."""
    async with service(stack) as address:
        found = await counted(address)
    expected = {(f"{kind.counter}_total", kind.slug) for kind in errors.access_problems()}
    expected.add(("auth_failures_total", errors.AuthRefused.slug))
    assert {sample: found.get(sample) for sample in expected} == dict.fromkeys(expected, 0)


async def test_refused_sign_ins_and_limits_by_address_are_counted(stack: StackInfo) -> None:
    elsewhere = {"X-Forwarded-For": "198.51.100.77"}
    async with relay_to_twin(stack, rate_sign_in="2", rate_address="4", metrics_networks="10.0.0.0/8") as relay:
        relay.twin.says(Answer(400, {"error_code": "invalid_credentials", "msg": CANARY}))
        for _ in range(2):
            problem_of(await relay.ask("password", headers=elsewhere), 400, "auth-refused")
        assert problem_of(await relay.ask("password", headers=elsewhere), 429, "rate-limited")["group"] == "sign_in"
        for _ in range(4):
            answer = await relay.http.get("/sync/status", headers=elsewhere)
        assert problem_of(answer, 429, "rate-limited")["group"] == "address"
        told = await relay.http.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"})
        found = samples(told)
    assert found["auth_failures_total", "auth-refused"] == 2
    assert found["rate_limit_exceeded_total", "sign_in"] == 1
    assert found["rate_limit_exceeded_total", "address"] >= 1
    assert found["http_requests_total", "POST", "/auth/token", "429"] == 1
    assert found["http_requests_total", "GET", "/sync/status", "429"] >= 1


async def test_metrics_are_not_for_everybody(stack: StackInfo) -> None:
    async with service(stack, trusted_proxies="127.0.0.0/8") as address, httpx.AsyncClient(base_url=address) as http:
        for said in ({}, {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "unknown"}, {"Via": "1.1 gateway"}):
            problem_of(await http.get("/metrics", headers=said), 404, "not-found")
        # The gateway's own address says nothing of the client's.
        problem_of(await http.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}), 404, "not-found")
    inside = {"trusted_proxies": "127.0.0.0/8", "metrics_networks": "10.9.0.0/16"}
    async with service(stack, **inside) as address, httpx.AsyncClient(base_url=address) as http:
        assert (await http.get("/metrics", headers={"X-Forwarded-For": "10.9.0.7"})).status_code == 200
        problem_of(await http.get("/metrics", headers={"X-Forwarded-For": "10.8.0.7"}), 404, "not-found")


async def test_metrics_behind_a_gateway_that_nobody_declared(stack: StackInfo) -> None:
    async with httpx.AsyncClient(base_url=stack.base_url) as http:
        assert (await http.get("/metrics")).status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            problem_of(await http.get("/metrics", headers={header: "127.0.0.1"}), 404, "not-found")


class Keys(http.server.BaseHTTPRequestHandler):
    """Serves a key set and counts how often it was asked for."""

    document = b""
    fetches = 0

    def do_GET(self) -> None:
        type(self).fetches += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.document)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def key_server(document: object) -> Iterator[tuple[str, type[Keys]]]:
    handler = type("CountedKeys", (Keys,), {"document": json.dumps(document).encode(), "fetches": 0})
    with serving(handler) as address:
        yield f"{address}/jwks.json", handler


async def test_an_unknown_key_a_thousand_times_is_one_fetch(stack: StackInfo, user: Account, key: SigningKey) -> None:
    claims = TokenClaims(SUBJECT).as_payload()
    tokens = [
        jwt.encode(claims, key.private_key, "RS256", headers={"kid": f"{CANARY}-{number}"}) for number in range(1000)
    ]
    began = time.monotonic()
    with key_server(key.jwks()) as (url, handler):
        async with service(stack, jwks_url=url) as address, at(address, user) as there:
            assert (await there.pull(DEVICE)).status_code == 200
            assert handler.fetches == 1
            for start in range(0, 1000, 50):
                batch = (there.http.get("/sync/status", headers=bearer(token)) for token in tokens[start : start + 50])
                for answer in await asyncio.gather(*batch):
                    problem_of(answer, 401, "unknown-key")
            # Even the one may be spared: the first fetch was within the cool-down.
            assert handler.fetches <= 2 + (time.monotonic() - began) // COOL_DOWN
            assert (await counted(address))["invalid_jwt_total", "unknown-key"] == 1000
            assert (await there.pull(DEVICE)).status_code == 200
