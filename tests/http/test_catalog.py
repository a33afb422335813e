"""/catalog over HTTP: for everybody, kept, told apart by ETag, the same bytes as the SQL functions make."""

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account
from tests.http.own_service import service
from tests.http.problems import CANARY, logs_of, problem_of
from tests.http.test_redis_outage import metric
from tests.rates import HIGH

pytestmark = pytest.mark.xdist_group("catalog")
SEARCH = "select public.catalog_search($1)::text"
RENEW = "update public.catalog_version set version = version + 1"


@pytest.fixture
async def other(stack: StackInfo) -> AsyncIterator[httpx.AsyncClient]:
    """Another instance on the same Redis and Postgres."""
    async with service(stack) as address, httpx.AsyncClient(base_url=address) as http:
        yield http


async def test_a_search_is_what_the_function_says_without_blanks(
    anyone: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    answer = await anyone.get("/catalog/search", params={"q": "  ZYPREXA  10  mg "})
    assert answer.status_code == 200
    told = json.loads(await admin.fetchval(SEARCH, "zyprexa 10 mg"))
    assert answer.content == json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    assert told["hits"]


async def test_a_product_tells_all_and_its_neighbours(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.get("/catalog/rxnorm:104490")
    product = answer.json()
    assert (product["name"], product["brand"]) == ("simvastatin 10 MG Oral Tablet [Zocor]", "Zocor")
    assert product["ingredients"][0]["amount"] == "10"
    related = {(one["relation"], one["id"]) for one in product["related"]}
    assert {("brand", "rxnorm:196503"), ("ingredient", "rxnorm:36567"), ("clinical-drug", "rxnorm:314231")} <= related
    assert product["provenance"]["first"]["released_on"]


async def test_sources_tell_their_age(anyone: httpx.AsyncClient) -> None:
    found = (await anyone.get("/catalog/sources")).json()["sources"]
    assert [one["source"] for one in found] == ["cofepris", "ema", "rxnorm"]
    assert all(one["age_days"] >= 0 and one["release"]["sha256"] for one in found)


async def test_an_answer_may_be_kept_and_is_told_apart_by_its_tag(anyone: httpx.AsyncClient) -> None:
    first = await anyone.get("/catalog/search?q=insulin")
    assert first.headers["cache-control"].startswith("public, max-age=300, s-maxage=3600")
    assert first.headers["vary"] == "Accept-Encoding"
    tag = first.headers["etag"]
    for given in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = await anyone.get("/catalog/search?q=insulin", headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), given
    other = await anyone.get("/catalog/search?q=insulin", headers={"If-None-Match": '"x"'})
    assert (other.status_code, other.content) == (200, first.content)
    plain = await anyone.get("/catalog/search?q=insulin", headers={"Accept-Encoding": "identity"})
    assert (plain.content, plain.headers.get("content-encoding")) == (first.content, None)


async def test_all_instances_make_an_answer_once(anyone: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    before = await metric(str(other.base_url), 'catalog_answers_total{place="redis"}')
    path = "/catalog/search?q=lamivudine+epivir"
    first = await anyone.get(path)
    assert (await other.get(path)).content == first.content
    assert await metric(str(other.base_url), 'catalog_answers_total{place="redis"}') == before + 1
    assert (await other.get(path)).content == first.content
    assert await metric(str(other.base_url), 'catalog_answers_total{place="process"}') >= 1


async def test_what_is_not_there_is_kept_too(anyone: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    for http in (anyone, other, other):
        problem_of(await http.get("/catalog/rxnorm:99999999"), 404, "unknown-product")
    assert await metric(str(other.base_url), 'catalog_answers_total{place="redis"}') == 1


async def test_a_seed_renews_all_answers(admin: asyncpg.Connection, other: httpx.AsyncClient) -> None:
    first = (await other.get("/catalog/search?q=zocor")).json()
    await admin.execute(RENEW)
    # A version is believed for two seconds, and longer where the database is slow to tell the next.
    async with asyncio.timeout(30):
        while (again := (await other.get("/catalog/search?q=zocor")).json())["version"] == first["version"]:
            pass
    assert again["version"] == first["version"] + 1
    assert again["hits"] == first["hits"]


@pytest.mark.parametrize(
    "query",
    [
        *("", "q=", "q=%20", "q=%00", f"q={'a' * 201}", f"q={'x' * 10_000}", "q=x&limit=0", "q=x&limit=51"),
        *("q=x&limit=1e1", "q=x&limit=x", "q=x&cursor=%00", "q=x&cursor=zz", "q=x&source=fda", "q=x&q=y"),
        *("q=x&page=2", "q=x&status=", "q=x&lang=fr", "q=x&form=%00", "q=x&ingredient=%20"),
    ],
)
async def test_a_wrong_query_is_a_400(anyone: httpx.AsyncClient, query: str) -> None:
    assert problem_of(await anyone.get(f"/catalog/search?{query}"), 400, "invalid-parameter")["parameters"]


@pytest.mark.parametrize(
    "query", ["%25", "'", "%22", "%F0%9F%92%8A", "%E2%80%AE%D8%A3", "a%26%7C!:*()", "%FF%FE", "%ED%A0%80", "..", "%5C"]
)
async def test_an_odd_query_is_answered(anyone: httpx.AsyncClient, query: str) -> None:
    answer = await anyone.get(f"/catalog/search?q={query}")
    assert answer.status_code in {200, 400}


@pytest.mark.parametrize("id_", ["nothing", "ema:", "ema:a%00", "fda:1", "ema:..", "rxnorm:'", "rxnorm:%F0%9F%92%8A"])
async def test_an_id_that_is_none_is_unknown(anyone: httpx.AsyncClient, id_: str) -> None:
    problem_of(await anyone.get(f"/catalog/{id_}"), 404, "unknown-product")


@pytest.mark.parametrize("id_", ["ema:a/b", "ema:a%2Fb", "a/../../x"])
async def test_an_id_with_slashes_is_no_address(anyone: httpx.AsyncClient, id_: str) -> None:
    problem_of(await anyone.get(f"/catalog/{id_}"), 404, "not-found")


async def test_what_is_searched_for_is_in_no_log_and_no_metric(stack: StackInfo, anyone: httpx.AsyncClient) -> None:
    await anyone.get(f"/catalog/search?q={CANARY}&ingredient={CANARY}")
    await anyone.get(f"/catalog/search?q={CANARY}&source={CANARY}")
    await anyone.get(f"/catalog/{CANARY}")
    told = {**logs_of(stack), "metrics": (await anyone.get("/metrics")).text}
    assert not [place for place, text in told.items() if CANARY in text]


async def test_without_a_token_the_address_is_counted_and_with_one_the_user(stack: StackInfo, user: Account) -> None:
    rates = {"rate_free": HIGH.replace("catalog=1000000", "catalog=3"), "rate_pro": HIGH, "rate_perfect": HIGH}
    # Redis of its own: other tests come from the same address.
    async with service(stack, redis_url="", **rates) as address, httpx.AsyncClient(base_url=address) as http:
        for left in (2, 1, 0):
            answer = await http.get("/catalog/search?q=zocor")
            assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, str(left))
        problem = problem_of(await http.get("/catalog/sources"), 429, "rate-limited")
        assert (problem["group"], problem["limit"]) == ("catalog", 3)
        token = {"Authorization": f"Bearer {user.token}"}
        for left in (2, 1, 0):
            answer = await http.get("/catalog/search?q=zocor", headers=token)
            assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, str(left))
        problem_of(await http.get("/catalog/search?q=zocor", headers=token), 429, "rate-limited")
        problem_of(await http.get("/catalog/sources", headers={"Authorization": "Bearer x"}), 401, "malformed-token")


async def test_without_redis_postgres_answers(stack: StackInfo, anyone: httpx.AsyncClient) -> None:
    expected = (await anyone.get("/catalog/search?q=insulin")).content
    nobody = "redis://127.0.0.1:1/0"
    async with service(stack, redis_url=nobody) as address, httpx.AsyncClient(base_url=address) as http:
        for _ in range(3):
            assert (await http.get("/catalog/search?q=insulin")).content == expected
        assert await metric(address, 'catalog_answers_total{place="database"}') == 1
