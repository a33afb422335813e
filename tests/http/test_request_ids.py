"""The request id: the gateway's if it has the form of one, else a new one; in the header, the body and the log."""

import httpx
import pytest

from tests.accounts import Account


@pytest.mark.parametrize("given", ["0123456789abcdef", "A" * 8, "a-b-c-d-e", "f" * 64])
async def test_a_well_formed_request_id_is_kept(user: Account, anyone: httpx.AsyncClient, given: str) -> None:
    for http, path in ((user.http, "/sync/status"), (anyone, "/sync/status"), (anyone, "/nothing")):
        answer = await http.get(path, headers={"X-Request-Id": given})
        assert answer.headers.get_list("x-request-id") == [given]
        if answer.status_code != 200:
            assert answer.json()["request_id"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "f" * 65, "with blank 1", "with_underscore", "<script>alert", "\u00e9" * 9]
)
async def test_any_other_request_id_is_replaced(user: Account, given: str) -> None:
    ids = set()
    for _ in range(2):
        answer = await user.http.get("/sync/status", headers=[(b"X-Request-Id", given.encode())])
        (found,) = answer.headers.get_list("x-request-id")
        assert len(found) == 32
        ids.add(found)
    assert len(ids) == 2
