"""Paths that do not exist, and methods that a path does not have."""

import httpx
import pytest

from tests.http.problems import CANARY, Refusals, problem_of

ROUTES = {
    "/sync/push": {"POST", "OPTIONS"},
    "/sync/pull": {"GET", "OPTIONS"},
    "/sync/status": {"GET", "OPTIONS"},
    "/health/live": {"GET", "OPTIONS"},
    "/health/ready": {"GET", "OPTIONS"},
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")


@pytest.mark.parametrize(
    ("method", "path"), [(m, path) for path, allowed in ROUTES.items() for m in METHODS if m not in allowed]
)
async def test_method(refused: Refusals, method: str, path: str) -> None:
    answer = await refused.account.http.request(method, path)
    problem_of(answer, 405, "method-not-allowed")
    assert {name.strip() for name in answer.headers["allow"].split(",")} >= ROUTES[path] - {"OPTIONS"}


@pytest.mark.parametrize("path", ROUTES)
async def test_head_has_no_body(anyone: httpx.AsyncClient, path: str) -> None:
    answer = await anyone.head(path)
    assert (answer.status_code, answer.content) == (405, b"")


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/sync", "/sync/", f"/{CANARY}", f"/sync/push/{CANARY}", "/Sync/push", "/admin"),
        *("/sync/pull/../../etc/passwd", "/sync/%2e%2e/health", "/health/ready%00", "/%ff", "/.git/config"),
        f"/sync/pull;{CANARY}",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nothing_there(refused: Refusals, method: str, path: str) -> None:
    await refused(refused.account.http.request(method, path, headers={"X-Canary": CANARY}), 404, "not-found")


async def test_what_is_public_needs_no_token(anyone: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready", "/schema/openapi.json"):
        assert (await anyone.get(path)).status_code == 200
