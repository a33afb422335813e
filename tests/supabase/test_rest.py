"""The twin of PostgREST: rows, functions, roles and refusals as PostgREST has them."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from medtime_backend.integrity import checksum_of
from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from tests.accounts import Account, blob
from tests.supabase.conftest import Rest

TABLE = "/srv_encrypted_entities"
IDS = "00000000-0000-4000-8000-00000000000"
ROWS = {"Prefer": "return=representation"}
ONE = {"Accept": "application/vnd.pgrst.object+json"}


def row(id_: str | None = None, **more: Any) -> dict[str, Any]:
    data = blob()
    return {
        "id": id_ or str(uuid4()),
        "entity_type": "note",
        "encrypted_blob": "\\x" + data.hex(),
        "checksum": checksum_of(data),
        "client_id": "phone",
        **more,
    }


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    assert set(told) == {"code", "details", "hint", "message"}
    assert told["code"] == code
    return told


async def test_rows_come_and_go_as_hex(phone: httpx.AsyncClient, user: Account) -> None:
    first, second = row(), row(entity_type="dose")
    answer = await phone.post(TABLE, params={"select": "id,version,encrypted_blob"}, json=[first, second], headers=ROWS)
    assert answer.status_code == 201
    assert answer.json() == [
        {"id": r["id"], "version": 1, "encrypted_blob": r["encrypted_blob"]} for r in (first, second)
    ]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    read = await phone.get(
        TABLE, params={"select": "id,of:user_id::text", "order": "entity_type", "entity_type": "eq.dose"}
    )
    assert read.json() == [{"id": second["id"], "of": str(user.user_id)}]
    assert read.headers["content-range"] == "0-0/*"


async def test_a_write_says_nothing_unless_asked(phone: httpx.AsyncClient) -> None:
    given = row()
    made = await phone.post(TABLE, json=given)
    assert (made.status_code, made.content) == (201, b"")
    written = {name: value for name, value in row().items() if name not in {"id", "entity_type"}}
    changed = await phone.patch(TABLE, params={"id": f"eq.{given['id']}"}, json={**written, "version": 2})
    assert (changed.status_code, changed.content) == (204, b"")
    told = refused(await phone.patch(TABLE, params={"id": f"eq.{given['id']}"}, json={"version": 2}), 400, "MT409")
    assert '"reason": "stale"' in told["details"]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"cadence": "x"}, None),
        ({"blob_size": "gte.0", "limit": "2", "order": "id.desc"}, [3, 2]),
        ({"order": "id.asc.nullslast", "offset": "3"}, []),
        ({"version": "is.null"}, []),
        ({"version": "not.is.null", "order": "id"}, [1, 2, 3]),
        (
            {"id": f'in.({IDS}1,"{IDS}3")', "order": "id"},
            [1, 3],
        ),
        ({"id": f"not.in.({IDS}1)", "order": "id"}, [2, 3]),
        ({"id": "in.()"}, []),
        ({"id": f"gt.{IDS}1", "version": "lt.2", "order": "id"}, [2, 3]),
        ({"id": f"lte.{IDS}1", "version": "neq.2"}, [1]),
    ],
    ids=str,
)
async def test_filters(phone: httpx.AsyncClient, parameters: dict[str, str], found: list[int] | None) -> None:
    made = await phone.post(TABLE, json=[row(f"{IDS}{n}") for n in (1, 2, 3)])
    assert made.status_code == 201, made.text
    answer = await phone.get(TABLE, params={"select": "id", **parameters})
    if found is None:
        refused(answer, 400, "PGRST100")
    else:
        assert [UUID(one["id"]).int & 15 for one in answer.json()] == found


async def test_one_row_is_an_object_and_two_or_none_are_refused(phone: httpx.AsyncClient) -> None:
    given = row()
    assert (await phone.post(TABLE, json=[given, row()])).status_code == 201
    answer = await phone.get(TABLE, params={"select": "id", "id": f"eq.{given['id']}"}, headers=ONE)
    assert answer.json() == {"id": given["id"]}
    for parameters, many in (({}, 2), ({"id": f"eq.{uuid4()}"}, 0)):
        told = refused(await phone.get(TABLE, params={"select": "id", **parameters}, headers=ONE), 406, "PGRST116")
        assert told["details"] == f"The result contains {many} rows"


async def test_a_refusal_of_one_row_undoes_the_write(phone: httpx.AsyncClient) -> None:
    refused(await phone.post(TABLE, json=[row(), row()], headers={**ROWS, **ONE}), 406, "PGRST116")
    assert (await phone.get(TABLE, params={"select": "id"})).json() == []


async def test_our_own_refusals_keep_their_code_and_details(phone: httpx.AsyncClient) -> None:
    told = refused(await phone.post(TABLE, json=row(encrypted_blob="\\x00")), 400, "MT422")
    assert "not-an-envelope" in told["details"]
    told = refused(await phone.post("/rpc/catalog_search", json={"query": ""}), 400, "MT400")
    assert (told["message"], told["details"]) == ("invalid-parameter", '{"parameters": ["q"]}')


async def test_what_a_role_may_not_is_401_for_nobody_and_403_for_a_user(
    nobody: httpx.AsyncClient, phone: httpx.AsyncClient, server: httpx.AsyncClient
) -> None:
    refused(await nobody.get(TABLE), 401, "42501")
    refused(await phone.delete(TABLE, params={"id": f"eq.{uuid4()}"}), 403, "42501")
    refused(await server.get(TABLE), 403, "42501")
    refused(await phone.get("/srv_push_devices"), 403, "42501")


async def test_nobody_sees_another_users_rows(phone: httpx.AsyncClient, rest: Rest, stack: StackInfo) -> None:
    assert (await phone.post(TABLE, json=row())).status_code == 201
    other = mint(SigningKey.load(stack.signing_key), TokenClaims(user_id=str(uuid4())))
    assert (await rest(stack.publishable_key, other).get(TABLE, params={"select": "id"})).json() == []
    # The secret key does not make a user's request one of the service role.
    assert (await rest(stack.secret_key, other).get(TABLE, params={"select": "id"})).json() == []


async def test_functions_by_get_and_post(nobody: httpx.AsyncClient, phone: httpx.AsyncClient) -> None:
    posted = await nobody.post("/rpc/catalog_search", json={"query": "zocor", "max_results": 1})
    got = await nobody.get("/rpc/catalog_search", params={"query": "zocor", "max_results": "1"})
    assert posted.status_code == got.status_code == 200
    assert posted.json() == got.json()
    assert len(posted.json()["hits"]) == 1
    assert (await phone.post("/rpc/srv_status", json={})).json()["tier"] == "free"
    assert (await nobody.post("/rpc/catalog_product", json={"id": "rxnorm:1"})).json() is None


async def test_a_function_that_gives_rows_can_be_paged(nobody: httpx.AsyncClient) -> None:
    given = {"query": "zocor 10 mg"}
    rows = (await nobody.post("/rpc/catalog_strengths", json=given)).json()
    assert isinstance(rows, list | dict)


async def test_a_function_that_writes_cannot_be_called_by_get(phone: httpx.AsyncClient) -> None:
    refused(await phone.get("/rpc/srv_invite_caregiver"), 405, "25006")


async def test_what_is_not_there(nobody: httpx.AsyncClient, phone: httpx.AsyncClient) -> None:
    refused(await nobody.get("/nothing"), 404, "PGRST205")
    refused(await nobody.get("/users"), 404, "PGRST205")
    refused(await nobody.post("/rpc/catalog_search", json={"q": "x"}), 404, "PGRST202")
    refused(await nobody.post("/rpc/become", json={"claims": {}}), 404, "PGRST202")
    refused(await phone.post(TABLE, json={**row(), "colour": "red"}), 400, "PGRST204")
    refused(await phone.get(TABLE, params={"select": "colour"}), 400, "42703")
    refused(await phone.get(TABLE, params={"colour": "eq.red"}), 400, "42703")
    refused(await phone.get(TABLE, headers={"Accept-Profile": "private"}), 406, "PGRST106")
    refused(await phone.post(TABLE, json=row(), headers={"Content-Profile": "auth"}), 406, "PGRST106")


@pytest.mark.parametrize(
    "parameters",
    [
        {"select": 'id"; drop table public.srv_encrypted_entities; --'},
        {"order": 'id"; select 1; --'},
        {"select": "id", "limit": "1; select 1"},
        {"select": "id::text; select 1"},
        {"id\"='' or true; --": "eq.x"},
        {"id": "eq.x' or true; --"},
        {"id": "in.(x') or true; --"},
        {"id": "is.null or true"},
    ],
    ids=str,
)
async def test_no_word_of_a_query_is_sql(phone: httpx.AsyncClient, parameters: dict[str, str]) -> None:
    assert (await phone.post(TABLE, json=row())).status_code == 201
    answer = await phone.get(TABLE, params={"select": "id", **parameters})
    assert answer.status_code in {400, 501}, answer.text
    assert len((await phone.get(TABLE, params={"select": "id"})).json()) == 1


async def test_what_the_twin_lacks_is_said_and_not_ignored(phone: httpx.AsyncClient) -> None:
    for parameters in ({"select": "id,owner(*)"}, {"or": "(id.is.null)"}, {"select": "id", "order": "a(b)"}):
        refused(await phone.get(TABLE, params=parameters), 501, "MEDTIME-LOCAL")
    refused(await phone.get(TABLE, headers={"Prefer": "count=exact"}), 501, "MEDTIME-LOCAL")
    refused(await phone.get(TABLE, headers={"Accept": "text/csv"}), 406, "PGRST107")


async def test_an_upsert_is_the_databases_own(phone: httpx.AsyncClient) -> None:
    given = row()
    assert (await phone.post(TABLE, json=given)).status_code == 201
    ignored = await phone.post(TABLE, json=given, headers={"Prefer": "resolution=ignore-duplicates"})
    assert (ignored.status_code, ignored.content) == (201, b"")
    merge = {"Prefer": "resolution=merge-duplicates"}
    told = refused(await phone.post(TABLE, json=given, headers=merge), 403, "42501")
    assert "permission denied" in told["message"]
    refused(await phone.post(TABLE, params={"on_conflict": "colour"}, json=given, headers=merge), 400, "42703")


async def test_a_forgotten_filter_touches_nothing(phone: httpx.AsyncClient) -> None:
    refused(await phone.patch(TABLE, json={"version": 2}), 400, "21000")
    refused(await phone.delete(TABLE), 400, "21000")
    refused(await phone.post(TABLE, content=b"{"), 400, "PGRST102")
    refused(await phone.post(TABLE, json=[row(), {"id": str(uuid4())}]), 400, "PGRST102")


async def test_keys_and_tokens(rest: Rest, stack: StackInfo, user: Account) -> None:
    async with httpx.AsyncClient(base_url=stack.supabase_url) as http:
        bare = await http.get("/rest/v1/catalog_products")
    assert (bare.status_code, bare.json()["message"]) == (401, "No API key found in request")
    assert (await rest("sb_publishable_other", user.token).get(TABLE)).json()["message"] == "Invalid API key"
    key = SigningKey.load(stack.signing_key)
    tokens = {
        "x.y.z": "PGRST301",
        user.token[:-8] + "AAAAAAAA": "PGRST301",
        mint(key, TokenClaims(user_id=str(uuid4()), lifetime=-120)): "PGRST303",
        mint(key, TokenClaims(user_id=str(uuid4()), extra={"role": "medtime_service"})): "42501",
    }
    for token, code in tokens.items():
        answer = await rest(stack.publishable_key, token).get(TABLE)
        refused(answer, 403 if code == "42501" else 401, code)
        assert code == "42501" or answer.headers["www-authenticate"].startswith("Bearer error=")


async def test_no_more_than_a_thousand_rows_and_no_longer_than_the_roles_limit(
    nobody: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        """
        create function public.numbers() returns setof integer language sql stable
        as 'select * from generate_series(1, 1500)';
        create function public.many() returns table (n integer) language sql stable
        as 'select * from generate_series(1, 1500)';
        create function public.slow() returns void language sql as 'select pg_sleep(10)';
        alter function public.slow() owner to postgres;
        grant execute on function public.numbers(), public.many(), public.slow() to anon;
        """
    )
    try:
        assert (await nobody.post("/rpc/numbers")).json()[:3] == [1, 2, 3]
        rows = await nobody.post("/rpc/many", params={"order": "n.desc"})
        assert (len(rows.json()), rows.json()[0], rows.headers["content-range"]) == (1000, {"n": 1500}, "0-999/*")
        refused(await nobody.post("/rpc/slow"), 500, "57014")
    finally:
        await admin.execute("drop function public.numbers(), public.many(), public.slow()")
