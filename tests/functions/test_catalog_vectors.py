"""The catalog at the edge and at the service: the same requests, the same answers, byte for byte."""

import gzip
import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from medtime_backend.local.options import StackInfo

pytestmark = pytest.mark.xdist_group("catalog")
VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("catalog_vectors.json").read_text())
COMPARED = ("etag", "cache-control", "vary", "content-type", "allow", "www-authenticate", "retry-after")


@dataclass
class Answer:
    """What a client sees; the request's id aside, which is each request's own."""

    status: int
    headers: dict[str, str | None]
    body: bytes
    request_id: str


def ask(base: str, vector: dict[str, Any], **more: str) -> Answer:
    """Send the target as it stands: a client of higher level would put it right."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        headers = {**vector.get("headers", {}), **more}
        connection.request(vector.get("method", "GET"), parts.path + vector["target"], headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    request_id = answer.headers["x-request-id"]
    told = {name: answer.headers.get(name) for name in COMPARED}
    # A list without an order: the service's is another in each process.
    told["allow"] = ", ".join(sorted((told["allow"] or "").split(", ")))
    return Answer(answer.status, told, body.replace(request_id.encode(), b"*"), request_id)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_both_answer_the_same(stack: StackInfo, vector: dict[str, Any]) -> None:
    service, edge = ask(stack.base_url, vector), ask(stack.functions_url, vector)
    assert service.status == vector["status"], service.body
    if "problem" in vector:
        problem = json.loads(service.body)
        assert problem["type"].endswith(f"/{vector['problem']}")
        assert problem.get("parameters") == vector.get("parameters", problem.get("parameters"))
    assert (edge.status, edge.headers) == (service.status, service.headers)
    assert edge.body == service.body
