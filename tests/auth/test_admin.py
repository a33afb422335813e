"""The admin endpoints, where the official clients do not look (tests/auth/test_supabase_py.py)."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.auth.calls import PASSWORD, bearer, sign_up

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def office(stack: StackInfo) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{stack.auth_url}/admin", timeout=30, headers=bearer(stack.secret_key)
    ) as client:
        yield client


async def test_an_address_can_be_given_once(office: httpx.AsyncClient, new_email: Callable[[], str]) -> None:
    body = {"email": new_email(), "password": PASSWORD, "email_confirm": True}
    assert (await office.post("/users", json=body)).status_code == 200
    again = await office.post("/users", json=body)
    assert (again.status_code, again.json()["error_code"]) == (422, "email_exists")


async def test_pages_show_every_user_once(
    office: httpx.AsyncClient, auth: httpx.AsyncClient, new_email: Callable[[], str]
) -> None:
    made = [(await sign_up(auth, new_email()))["user"]["id"] for _ in range(3)]
    first = await office.get("/users", params={"page": 1, "per_page": 2})
    second = await office.get("/users", params={"page": 2, "per_page": 2})
    seen = [user["id"] for page in (first, second) for user in page.json()["users"]]
    assert seen[:3] == made[::-1]
    assert len(set(seen)) == 4
    assert int(first.headers["x-total-count"]) >= 4
    assert 'page=2&per_page=2>; rel="next"' in first.headers["link"]


@pytest.mark.parametrize("query", ["page=0", "per_page=0", "page=-1", "page=two", "per_page=1.5"])
async def test_a_page_is_a_number(office: httpx.AsyncClient, query: str) -> None:
    answer = await office.get(f"/users?{query}")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


async def test_a_deleted_user_is_gone_with_session_and_tokens(
    office: httpx.AsyncClient, auth: httpx.AsyncClient, new_email: Callable[[], str]
) -> None:
    tokens = await sign_up(auth, new_email())
    path = f"/users/{tokens['user']['id']}"
    assert (await office.delete(path)).json() == {}
    assert (await office.delete(path)).status_code == 404
    assert (await auth.get("/user", headers=bearer(tokens["access_token"]))).status_code == 403
    body = {"refresh_token": tokens["refresh_token"]}
    answer = await auth.post("/token?grant_type=refresh_token", json=body)
    assert answer.json()["error_code"] == "refresh_token_not_found"


@pytest.mark.parametrize(("user_id", "code"), [(NOBODY, "user_not_found"), ("me", "validation_failed")])
async def test_nobody_is_not_found(office: httpx.AsyncClient, user_id: str, code: str) -> None:
    for method in ("GET", "DELETE"):
        answer = await office.request(method, f"/users/{user_id}")
        assert (answer.status_code, answer.json()["error_code"]) == (404, code)
