"""A seed is all or nothing, can be repeated, never deletes, and links substances across sources (C11, C12)."""

from pathlib import Path

import asyncpg
import pytest

from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.seeding import ADVISORY_LOCK
from tests.catalog.sheets import COFEPRIS_HEADER, EMA_HEADER, FILES, cofepris_row, ema_row, put, write

VERSION = "select version from public.catalog_version"
SUBSTANCE = """
select substance_id from public.catalog_substance_names where folded = public.catalog_fold($1)
"""
INN = "International non-proprietary name (INN) / common name"


def ema(path: Path, count: int, **given: str) -> Path:
    return write(path, EMA_HEADER, *(ema_row(number, **given) for number in range(1, count + 1)))


async def test_the_same_file_again_changes_nothing_and_says_so(catalog: asyncpg.Connection) -> None:
    first = await put(catalog, "ema", FILES / "ema_2026.csv")
    before = await catalog.fetch("select id, fingerprint, updated_at from public.catalog_products order by id")
    again = await put(catalog, "ema", FILES / "ema_2026.csv")
    assert (first.added, first.unchanged, again.unchanged) == (117, False, True)
    assert (again.added, again.changed, again.withdrawn, again.version) == (0, 0, 0, None)
    assert await catalog.fetch("select id, fingerprint, updated_at from public.catalog_products order by id") == before
    assert await catalog.fetchval(VERSION) == first.version
    assert await catalog.fetchval("select count(*) from public.catalog_releases") == 1


async def test_what_is_new_changed_and_gone_is_told_and_what_is_gone_answers_still(
    catalog: asyncpg.Connection, tmp_path: Path
) -> None:
    await put(catalog, "ema", ema(tmp_path / "a.csv", 3))
    rows = [ema_row(1), ema_row(2, Generic="Yes"), ema_row(4)]
    found = await put(catalog, "ema", write(tmp_path / "b.csv", EMA_HEADER, *rows))
    assert (found.added, found.changed, found.withdrawn) == (1, 1, 1)
    gone = await catalog.fetchrow("select * from public.catalog_products where id = 'ema:EMEA-H-C-000003'")
    assert (gone["status"], gone["status_on"]) == ("withdrawn", found.released_on)
    back = await put(catalog, "ema", ema(tmp_path / "c.csv", 4))
    assert (back.added, back.changed) == (0, 2)
    assert await catalog.fetchval("select status from public.catalog_products where id = $1", gone["id"]) == "active"


async def test_a_file_with_a_tenth_of_the_products_is_refused_without_force(
    catalog: asyncpg.Connection, tmp_path: Path
) -> None:
    await put(catalog, "ema", ema(tmp_path / "a.csv", 30))
    version = await catalog.fetchval(VERSION)
    small = ema(tmp_path / "b.csv", 2)
    with pytest.raises(CatalogError, match=r"has 2 products, the last release of EMA .* had 30: .* say --force"):
        await put(catalog, "ema", small)
    assert await catalog.fetchval("select count(*) from public.catalog_products where status = 'active'") == 30
    assert await catalog.fetchval(VERSION) == version
    assert (await put(catalog, "ema", small, force=True)).withdrawn == 28


async def test_two_seeds_are_kept_apart(catalog: asyncpg.Connection, superuser: asyncpg.Connection) -> None:
    async with superuser.transaction():
        await superuser.execute("select pg_advisory_xact_lock($1)", ADVISORY_LOCK)
        with pytest.raises(CatalogError, match="Another seed of the catalog is running"):
            await put(catalog, "ema", FILES / "ema_2026.csv")


async def test_a_seed_that_breaks_leaves_nothing(catalog: asyncpg.Connection, superuser: asyncpg.Connection) -> None:
    await superuser.execute("alter table public.catalog_codes add constraint broken check (system <> 'atc') not valid")
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await put(catalog, "ema", FILES / "ema_2026.csv")
    finally:
        await superuser.execute("alter table public.catalog_codes drop constraint broken")
    for table in ("products", "releases", "substances", "substance_names"):
        assert await catalog.fetchval(f"select count(*) from public.catalog_{table}") == 0, table  # noqa: S608


async def test_everybody_reads_what_was_seeded(catalog: asyncpg.Connection) -> None:
    await put(catalog, "cofepris", FILES / "cofepris.xlsx")
    for role in ("anon", "authenticated"):
        async with catalog.transaction():
            await catalog.execute("select set_config('role', $1, true)", role)
            assert await catalog.fetchval("select count(*) from public.catalog_products") == 3


async def test_c11_a_substance_is_the_same_by_any_name_in_either_language(
    catalog: asyncpg.Connection, tmp_path: Path
) -> None:
    await put(catalog, "cofepris", FILES / "cofepris.xlsx")
    await put(catalog, "ema", write(tmp_path / "a.csv", EMA_HEADER, ema_row(1, **{INN: "desvenlafaxine"})))
    for names in (
        ("paracetamol", "acetaminophen", "acetaminofen"),
        ("salbutamol", "albuterol"),
        ("insulina", "insulin human", "insulin (human)"),
    ):
        assert len({await catalog.fetchval(SUBSTANCE, name) for name in names}) == 1, names
    theraflu = await catalog.fetch(
        "select substance_id from public.catalog_ingredients where product_id = $1 order by place",
        "cofepris:305M2018-SSA",
    )
    assert [row["substance_id"] for row in theraflu] == ["paracetamol", "phenylephrine", "chlorphenamine"]


@pytest.mark.parametrize("name", ["losartan", "Losartán", "ácido clavulánico", "acido clavulanico"])
async def test_c12_accents_do_not_matter(catalog: asyncpg.Connection, name: str) -> None:
    await put(catalog, "cofepris", FILES / "cofepris.xlsx")
    assert await catalog.fetchval(SUBSTANCE, name) in ("losartan", "clavulanic-acid")


@pytest.mark.parametrize("first", ["cofepris", "ema"])
async def test_spanish_and_english_names_that_follow_the_rules_are_one_whichever_comes_first(
    catalog: asyncpg.Connection, tmp_path: Path, first: str
) -> None:
    spanish = cofepris_row(**{"Denominacion Generica": "TOLVAPTANO", "Cantidad": "Tolvaptano 15 mg"})
    files = {
        "cofepris": write(tmp_path / "c.csv", COFEPRIS_HEADER, spanish),
        "ema": write(tmp_path / "e.csv", EMA_HEADER, ema_row(1, **{INN: "tolvaptan"})),
    }
    for source in (first, *(files.keys() - {first})):
        await put(catalog, source, files[source])
    assert len(set(await catalog.fetch("select substance_id from public.catalog_ingredients"))) == 1
    for source, path in files.items():
        assert (await put(catalog, source, path)).unchanged


async def test_a_salt_belongs_to_its_base(catalog: asyncpg.Connection, tmp_path: Path) -> None:
    names = ("sitagliptin", "sitagliptin hydrochloride monohydrate", "sodium chloride")
    rows = [ema_row(place, **{INN: name}) for place, name in enumerate(names, start=1)]
    await put(catalog, "ema", write(tmp_path / "a.csv", EMA_HEADER, *rows))
    found = await catalog.fetch("select name, substance_id from public.catalog_ingredients order by product_id")
    assert [row["substance_id"] for row in found] == ["sitagliptin", "sitagliptin", "sodium-chloride"]
