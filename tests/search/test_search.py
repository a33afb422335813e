"""Pages, filters, strengths, suggestions and bad input of public.catalog_search by RPC."""

from typing import Any

import asyncpg
import pytest

from tests.database.phone import facts
from tests.search.searching import hits, search


@pytest.mark.parametrize("query", ["insulin", "tablet", "a", "metformin 850", "same", "zyprxea"])
async def test_pages_are_the_whole_without_gaps_or_repeats(visitor: asyncpg.Connection, query: str) -> None:
    whole = await search(visitor, query, max_results=50)
    pages: list[dict[str, Any]] = []
    cursor = None
    while len(pages) < 50:
        page = await search(visitor, query, max_results=7, after=cursor)
        pages += page["hits"]
        cursor = page["next"]
        if cursor is None:
            break
    assert pages[:50] == whole["hits"]
    assert len({hit["id"] for hit in pages}) == len(pages)


async def test_strengths_narrow_in_any_unit(visitor: asyncpg.Connection) -> None:
    for query in ("imatinib 400 mg", "imatinib 400", "imatinib 0.4 g", "IMATINIB 0,4G", "imatinib 400,000 mcg"):
        found = await hits(visitor, query)
        assert found[0]["name"] == "imatinib 400 MG Oral Tablet", query
        strengths = {part["strength"] for hit in found for part in hit["ingredients"]}
        assert strengths <= {"400 MG", None}, query
    same = [(await hits(visitor, f"lamivudine {text}"))[0]["id"] for text in ("25 mg/5 ml", "5 mg/ml", "5 MG / ML")]
    assert len(set(same)) == 1


async def test_filters_narrow(visitor: asyncpg.Connection) -> None:
    for given, field in ((({"source": "ema"}), "source"), (({"country": "MX"}), "country")):
        found = await hits(visitor, "paracetamol", **given) + await hits(visitor, "olanzapine", **given)
        assert {hit[field] for hit in found} == set(given.values())
    capsules = await hits(visitor, "pregabalin", form="cápsulas")
    assert capsules
    assert all("Capsule" in hit["form"] for hit in capsules)
    mixed = await hits(visitor, "paracetamol", ingredient="fenilefrina")
    assert [hit["id"] for hit in mixed] == ["cofepris:305M2018-SSA"]
    assert await hits(visitor, "paracetamol", ingredient="nobody knows") == []
    statuses = {hit["status"] for hit in await hits(visitor, "insulin", status="any", max_results=50)}
    assert statuses > {"active"}


async def test_ingredients_are_named_in_the_language_asked_for(visitor: asyncpg.Connection) -> None:
    for lang, name in (("es", "fenilefrina"), ("en", "phenylephrine")):
        found = await hits(visitor, "theraflu", lang=lang)
        assert name in {part["name"] for part in found[0]["ingredients"]}


async def test_something_like_it_is_suggested_when_nothing_matches(visitor: asyncpg.Connection) -> None:
    answer = await search(visitor, "zyprexa", country="MX")
    assert (answer["hits"], answer["filtered"] > 0) == ([], True)
    answer = await search(visitor, "pembrolixumax forte")
    assert answer["hits"] == []
    assert "pembrolizumab" in answer["suggestions"]


@pytest.mark.parametrize(
    ("query", "first"),
    [("rituximab sc", "rituximab"), ("zyprexa plus forte", "zyprexa"), ("metformina xyzzyq", "metformina")],
)
async def test_a_word_that_is_known_is_suggested_and_no_other_drug_for_it(
    visitor: asyncpg.Connection, query: str, first: str
) -> None:
    answer = await search(visitor, query)
    assert (answer["hits"], answer["suggestions"][0]) == ([], first)
    for word in answer["suggestions"]:
        assert word in query.split() or not (word.endswith("mab") or word.startswith("metf")), answer["suggestions"]


async def test_a_known_word_that_finds_nothing_is_not_suggested_once_more(visitor: asyncpg.Connection) -> None:
    answer = await search(visitor, "zyprexa", country="MX")
    assert (answer["hits"], answer["suggestions"]) == ([], [])


@pytest.mark.parametrize(
    "query",
    [
        *(
            "%",
            "'",
            "''",
            "\\",
            "&",
            "a & b | !c:* <-> (d)",
            ":*",
            "'x':*",
            "!!!",
            "()",
            "😀",
            "💊 zocor",
            "\u202e\u0623\u0633\u0628\u0631\u064a\u0646",
            "אספירין",
        ),
        *("__", "a" * 200, "é" * 200, "1 " * 100, "a " * 100, "mg mg mg", "0", "1,2,3.4.5", "#none", "?form", "~zocor"),
        *("form:tablet", "100/0 mg", "5 mg/0 ml", "'; drop table x; --", "NULL", "ﬀ", "İ", "\ufffe", "x\u0301" * 50),
    ],
)
async def test_odd_queries_are_answered_within_what_supabase_gives_anon(
    visitor: asyncpg.Connection, query: str
) -> None:
    await visitor.execute("set statement_timeout = '3s'")
    answer = await search(visitor, query)
    assert set(answer) == {"hits", "next", "filtered", "suggestions", "version"}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"query": ""}, ["q"]),
        ({"query": " \t\n"}, ["q"]),
        ({"query": "a" * 201}, ["q"]),
        ({"source": "fda"}, ["source"]),
        ({"country": "us"}, ["country"]),
        ({"form": "!"}, ["form"]),
        ({"ingredient": "x" * 201}, ["ingredient"]),
        ({"status": "dead"}, ["status"]),
        ({"status": None}, ["status"]),
        ({"lang": "fr"}, ["lang"]),
        ({"max_results": 0}, ["limit"]),
        ({"max_results": 51, "source": ""}, ["source", "limit"]),
        *(
            ({"after": cursor}, ["cursor"])
            for cursor in ("", "x", "00", "ff" * 20, "61" * 300, "3220313020623a31", "é")
        ),
    ],
)
async def test_wrong_parameters_are_named(visitor: asyncpg.Connection, given: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await search(visitor, **{"query": "zocor", **given})
    assert (refused.value.sqlstate, facts(refused.value)) == ("MT400", {"parameters": names})


async def test_the_plans_read_no_whole_table(visitor: asyncpg.Connection) -> None:
    # What the session's own transaction has done: what others did is added to the table's sums when they come to it.
    async with visitor.transaction():
        for query in ("insulin", "zyprxea", "tablet", "a", "zocor 10 mg", "xyzzy forte"):
            await search(visitor, query)
        rows = await visitor.fetch(
            "select relname, seq_scan, idx_scan from pg_stat_xact_user_tables "
            "where relname in ('catalog_documents', 'catalog_names', 'catalog_products', 'catalog_ingredients')"
        )
    assert {row["relname"]: row["seq_scan"] for row in rows} == dict.fromkeys(
        ("catalog_documents", "catalog_names", "catalog_products", "catalog_ingredients"), 0
    )
    assert sum(row["idx_scan"] for row in rows) > 6
