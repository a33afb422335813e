"""A seed keeps what searches read: documents and lexicon follow the products and their substances."""

from pathlib import Path

import asyncpg

from tests.catalog.sheets import EMA_HEADER, FILES, ema_row, put, write
from tests.search.searching import hits

COUNTED = 'select word, products from public.catalog_lexicon order by word collate "C"'
TOLD = """
select word, ndoc as products from ts_stat('select tokens from public.catalog_documents') order by word collate "C"
"""
INN = "International non-proprietary name (INN) / common name"


async def test_new_names_are_found_at_once_and_words_that_are_gone_are_not(
    catalog: asyncpg.Connection, tmp_path: Path
) -> None:
    for name in ("Firstname", "Othername"):
        row = ema_row(1, **{"Name of medicine": name})
        await put(catalog, "ema", write(tmp_path / f"{name}.csv", EMA_HEADER, row))
        assert [hit["name"] for hit in await hits(catalog, name.lower())] == [name]
    assert await hits(catalog, "firstname") == []
    assert await catalog.fetch(COUNTED) == await catalog.fetch(TOLD)


async def test_the_lexicon_counts_what_the_documents_have(catalog: asyncpg.Connection) -> None:
    for source, file in (("ema", "ema_2018.csv"), ("ema", "ema_2026.csv"), ("rxnorm", "rxnorm")):
        await put(catalog, source, FILES / file)
        assert await catalog.fetch(COUNTED) == await catalog.fetch(TOLD)


async def test_a_name_that_another_source_brings_finds_products_that_have_not_changed(
    catalog: asyncpg.Connection, tmp_path: Path
) -> None:
    row = ema_row(1, **{INN: "warfarin sodium", "Active substance": "warfarin sodium", "Name of medicine": "Thinner"})
    await put(catalog, "ema", write(tmp_path / "a.csv", EMA_HEADER, row))
    await put(catalog, "rxnorm", FILES / "rxnorm")
    found = await hits(catalog, "coumadin")
    assert ("Thinner", "same-substance") in [(hit["name"], hit["match"]) for hit in found]
    assert await catalog.fetchval("select count(*) from public.catalog_documents where product_id like 'ema:%'") == 1


async def test_a_product_that_is_gone_is_found_no_more_among_the_active(
    catalog: asyncpg.Connection, tmp_path: Path
) -> None:
    await put(catalog, "ema", write(tmp_path / "a.csv", EMA_HEADER, ema_row(1), ema_row(2)))
    await put(catalog, "ema", write(tmp_path / "b.csv", EMA_HEADER, ema_row(1)))
    assert [hit["name"] for hit in await hits(catalog, "brand")] == ["Brand 1"]
    assert [hit["status"] for hit in await hits(catalog, "brand 2", status="any")] == ["withdrawn"]
