"""Searches that others got wrong: C4 to C8, C11, C12 of the cases."""

import asyncpg
import pytest

from tests.search.searching import hits, search


@pytest.mark.parametrize("query", ["obeticholic acid", "helixate fs", "ocaliva tablets", "cholic fs", "zocor zyprexa"])
async def test_c4_never_another_drug_because_one_word_matched(visitor: asyncpg.Connection, query: str) -> None:
    words = set(query.split()) - {"tablets"}
    for hit in await hits(visitor, query, status="any"):
        if hit["match"] == "same-substance":
            continue
        text = " ".join([hit["name"], hit["brand"] or "", *(part["name"] for part in hit["ingredients"])]).lower()
        assert all(word in text for word in words), hit["name"]


async def test_c4_what_is_there_but_withdrawn_is_told(visitor: asyncpg.Connection) -> None:
    active = await search(visitor, "humalog zyprexa")
    assert (active["hits"], active["next"]) == ([], None)
    withdrawn = await search(visitor, "valdoxan", status="any")
    filtered = await search(visitor, withdrawn["hits"][0]["name"], status="suspended")
    assert filtered["hits"] == []
    assert filtered["filtered"] > 0


@pytest.mark.parametrize(
    "query", ["0002-8215-01", "00002-8215-01", "00002821501", "0002821501", "NDC 0002-8215-01", "ndc: 0002 8215 01"]
)
async def test_c5_an_ndc_with_or_without_dashes(visitor: asyncpg.Connection, query: str) -> None:
    codes = await visitor.fetchval("select public.catalog_codes_of($1)", query)
    assert "00002821501" in codes


async def test_c6_two_ingredients_each_with_its_strength(visitor: asyncpg.Connection) -> None:
    name = "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet"
    (first, *_) = await hits(visitor, name)
    assert (first["id"], first["match"]) == ("rxnorm:562251", "exact")
    (first, *_) = await hits(visitor, "clavulanato 125 amoxicilina 250 tabletas")
    assert first["id"] == "rxnorm:562251"
    name = "emtricitabine 200 MG / tenofovir disoproxil fumarate 300 MG Oral Tablet"
    (first, *_) = await hits(visitor, name.upper())
    assert (first["name"].lower(), first["match"]) == (name.lower(), "exact")
    turned = await hits(visitor, "tenofovir 300 mg emtricitabina 200 mg tabletas")
    assert {part["name"] for part in turned[0]["ingredients"]} >= {"emtricitabine"}


@pytest.mark.parametrize("query", ["tazocin", "zyprxea", "ambein", "tilenol"])
async def test_c7_a_fuzzy_hit_is_never_shown_as_exact(visitor: asyncpg.Connection, query: str) -> None:
    answer = await search(visitor, query)
    assert {hit["match"] for hit in answer["hits"]} <= {"typo", "same-substance"}


async def test_c8_a_brand_and_a_strength_find_the_generic(visitor: asyncpg.Connection) -> None:
    found = await hits(visitor, "zocor 10 mg")
    assert [(hit["id"], hit["match"]) for hit in found[:3]] == [
        ("rxnorm:104490", "words"),
        ("rxnorm:196503", "exact"),
        ("rxnorm:314231", "same-substance"),
    ]


async def test_c8_a_misspelt_brand_is_suggested(visitor: asyncpg.Connection) -> None:
    answer = await search(visitor, "ambein")
    assert answer["suggestions"] == ["ambien"]
    assert [(hit["name"], hit["match"]) for hit in answer["hits"]] == [
        ("Ambien", "typo"),
        ("zolpidem", "same-substance"),
    ]


@pytest.mark.parametrize(
    ("queries", "substance"),
    [
        (("acetaminofen", "acetaminofén", "paracetamol", "Tylenol", "ACETAMINOPHEN"), "paracetamol"),
        (("salbutamol", "albuterol"), "salbutamol"),
        (("insulina", "human insulin", "insulin human"), "insulin-human"),
    ],
)
async def test_c11_the_same_substance_by_any_name(
    visitor: asyncpg.Connection, queries: tuple[str, ...], substance: str
) -> None:
    for query in queries:
        (first, *_) = await hits(visitor, query)
        assert [part["substance"] for part in first["ingredients"]] == [substance], query


@pytest.mark.parametrize(
    ("query", "substance"),
    [
        ("losartan", "losartan"),
        ("Losartán", "losartan"),
        ("ac ibandronico", "ibandronic-acid"),
        ("ácido ibandrónico", "ibandronic-acid"),
        ("acido zoledronico", "zoledronic-acid"),
        ("ac clavulanico", "clavulanic-acid"),
        ("ácido clavulánico", "clavulanic-acid"),
    ],
)
async def test_c12_accents_and_abbreviations(visitor: asyncpg.Connection, query: str, substance: str) -> None:
    (first, *_) = await hits(visitor, query)
    assert substance in [part["substance"] for part in first["ingredients"]]


@pytest.mark.parametrize("query", ["cotrimoxazol", "co-trimoxazole", "Co Trimoxazole", "COTRIMOXAZOLE", "cotrimoxasol"])
async def test_c12_a_mixture_by_its_own_name(visitor: asyncpg.Connection, query: str) -> None:
    found = await hits(visitor, query)
    assert {hit["id"] for hit in found} == {"rxnorm:198334", "rxnorm:198335"}
    assert {hit["match"] for hit in found} <= ({"typo"} if "asol" in query else {"exact", "words"})
    (strong, *_) = await hits(visitor, f"{query} 800/160")
    assert strong["id"] == "rxnorm:198335"


@pytest.mark.parametrize("query", ["gonal-f", "gonal f", "GONALF", "Gonal\u2013F"])
async def test_c12_hyphens_and_spaces_do_not_matter(visitor: asyncpg.Connection, query: str) -> None:
    assert (await hits(visitor, query))[0]["name"] == "GONAL-f"
