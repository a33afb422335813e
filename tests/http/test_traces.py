"""Traces tell what the log may, and nothing else; read as a collector receives them."""

from collections.abc import Iterator

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.http.collector import ADDRESS, collector, spans
from tests.http.own_service import service
from tests.http.problems import CANARY, DEVICE
from tests.http.two_services import at

TRACE = "0af7651916cd43dd8448eb211c80319c"
ATTRIBUTES = {
    *("http.request.method", "http.route", "http.response.status_code", "medtime.request_id", "db.system.name"),
}


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What a collector has received, whose address is in the environment."""
    with collector() as (address, bodies):
        monkeypatch.setenv(ADDRESS, address)
        yield bodies


async def test_a_request_is_a_span_with_its_statement_and_tells_nothing(
    stack: StackInfo, user: Account, exported: list[bytes]
) -> None:
    marked = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "tracestate": f"x={CANARY}", "baggage": f"x={CANARY}"}
    async with service(stack, traces="true") as address, at(address, user) as there:
        there.http.headers.update(marked)
        assert (await there.push(DEVICE, entity(entity_type=CANARY))).status_code == 200
        assert (await there.push(DEVICE, entity(blob=CANARY))).status_code >= 400
        assert (await there.pull(DEVICE, clock=CANARY)).status_code == 410
        assert (await there.http.get(f"/catalog/search?q={CANARY}")).status_code == 200
        async with httpx.AsyncClient(base_url=address) as http:
            assert (await http.get("/sync/status", headers={"traceparent": CANARY})).status_code == 401
    # The service has ended, and with it everything is sent.
    assert CANARY.encode() not in b"".join(exported)
    found = spans(exported)
    assert {key.key for span in found for key in span.attributes} <= ATTRIBUTES
    assert not [span for span in found if span.events or span.trace_state or span.status.message]
    names = [span.name for span in found]
    assert names.count("POST /sync/push") == 2
    for name in ("push", "GET /sync/pull", "GET /catalog/search", "catalog_search", "GET /sync/status"):
        assert name in names
    push = next(span for span in found if span.name == "push")
    parent = next(span for span in found if span.span_id == push.parent_span_id)
    assert (parent.name, parent.trace_id.hex()) == ("POST /sync/push", TRACE)
    statuses = {
        attribute.value.int_value
        for span in found
        for attribute in span.attributes
        if attribute.key == "http.response.status_code"
    }
    assert statuses >= {200, 401, 410}
