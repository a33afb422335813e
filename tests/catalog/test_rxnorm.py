"""RxNorm's files: found however nested, read line by line, put together by the database (C1, C2, C3, C5)."""

import zipfile
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.catalog.codes import ndc
from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.readers.clinical_names import clinical_name
from tests.catalog.sheets import FILES, put

LINES = (FILES / "rxnorm" / "RXNCONSO.RRF").read_bytes()


def zipped(path: Path, folder: str, conso: bytes = LINES, **more: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{folder}prescribe/rrf/RXNCONSO.RRF", b"1|ENG|not this one\n")
        archive.writestr(f"{folder}rrf/RXNCONSO.RRF", conso)
        for name, content in more.items():
            archive.writestr(f"{folder}rrf/{name}.RRF", content)
    return path


async def test_the_sample_has_exactly_its_concepts(catalog: asyncpg.Connection) -> None:
    found = await put(catalog, "rxnorm", FILES / "rxnorm")
    assert (found.products, found.added, found.rejected, found.left_out) == (12, 12, 0, {"other sources": 2})
    kinds = dict(await catalog.fetch("select kind, count(*) from public.catalog_products group by kind"))
    assert kinds == {"ingredient": 2, "brand": 3, "clinical-drug": 5, "branded-drug": 2}
    drug = await catalog.fetchrow("select * from public.catalog_ingredients where product_id = 'rxnorm:104490'")
    assert (drug["substance_id"], drug["strength"], drug["unit"]) == ("simvastatin", "10 MG", "mg")
    related = await catalog.fetch(
        "select kind, target_id from public.catalog_relations where product_id = 'rxnorm:104490' order by kind"
    )
    assert [tuple(row) for row in related] == [
        ("brand", "rxnorm:196503"),
        ("clinical-drug", "rxnorm:314231"),
        ("ingredient", "rxnorm:36567"),
    ]
    assert await catalog.fetchval("select status from public.catalog_products where id = 'rxnorm:2665426'") == "retired"


@pytest.mark.parametrize("folder", ["", "RxNorm_full_03022026/", "a/b/c/"])
async def test_c2_the_zip_is_read_however_it_is_nested(
    catalog: asyncpg.Connection, tmp_path: Path, folder: str
) -> None:
    found = await put(catalog, "rxnorm", zipped(tmp_path / "RxNorm_full_03022026.zip", folder))
    assert (found.products, str(found.released_on)) == (12, "2026-03-02")


async def test_c1_a_wrong_byte_is_told_by_line_and_quotes_are_data(catalog: asyncpg.Connection, tmp_path: Path) -> None:
    row = b"900%d|ENG||||||1||1||RXNORM|BN|1|%s||N||\n"
    lines = LINES + row % (1, b"Caf\xe9") + row % (2, b'The "Old" One') + b"9003|ENG|cut"
    found = await put(catalog, "rxnorm", zipped(tmp_path / "f.zip", "", lines))
    count = LINES.count(b"\n")
    assert [(one.line, one.reason) for one in found.rejects] == [
        (count + 1, "byte 4 of the name is not UTF-8"),
        (count + 3, "3 fields instead of 18"),
    ]
    assert await catalog.fetchval("select name from public.catalog_products where id = 'rxnorm:9002'") == (
        'The "Old" One'
    )


async def test_c3_a_concept_merged_away_is_retired_and_points_to_its_successor(
    catalog: asyncpg.Connection, tmp_path: Path
) -> None:
    await put(catalog, "rxnorm", FILES / "rxnorm")
    lines = b"".join(line for line in LINES.splitlines(keepends=True) if not line.startswith(b"495215|"))
    merged = zipped(tmp_path / "f.zip", "", lines, RXNCUI=b"495215|20260202|20260302|1|196503|\n")
    found = await put(catalog, "rxnorm", merged)
    assert found.withdrawn == 1
    gone = await catalog.fetchrow("select * from public.catalog_products where id = 'rxnorm:495215'")
    assert (gone["status"], gone["successor_id"]) == ("retired", "rxnorm:196503")
    again = await put(catalog, "rxnorm", merged)
    assert (again.unchanged, again.withdrawn) == (True, 0)


async def test_c5_ndcs_of_any_writing_are_one_number(catalog: asyncpg.Connection, tmp_path: Path) -> None:
    sat = b"".join(
        b"314231|||%d|CUI|314231|||NDC|RXNORM|%s|N|4096|\n" % place
        for place in enumerate((b"00006073554", b"0006-0735-54", b"nonsense"))
    )
    found = await put(catalog, "rxnorm", zipped(tmp_path / "f.zip", "", RXNSAT=sat))
    codes = await catalog.fetch("select product_id, folded from public.catalog_codes where system = 'ndc'")
    assert [tuple(row) for row in codes] == [("rxnorm:314231", "00006073554")]
    assert [one.file for one in found.rejects] == ["RXNSAT.RRF"]
    assert {ndc("12345-678-90"), ndc("12345-0678-90"), ndc("12345067890")} == {"12345067890"}
    assert ndc("1234567890") is None


async def test_an_atc_code_belongs_to_the_ingredient_and_restricted_sources_are_left_out(
    catalog: asyncpg.Connection, tmp_path: Path
) -> None:
    lines = b"".join(
        b"36567|ENG||||||%d||||%s|%s|%s|simvastatin %s||%s||\n" % (place, source, term, code, source, suppress)
        for place, (source, term, code, suppress) in enumerate(
            [
                (b"ATC", b"RXN_PT", b"C10AA01", b"N"),
                (b"ATC", b"RXN_PT", b"C10AA99", b"Y"),
                (b"ATC", b"RXN_PT", b"none", b"N"),
                (b"SNOMEDCT_US", b"PT", b"387584000", b"N"),
                (b"NDDF", b"IN", b"004679", b"N"),
            ]
        )
    )
    found = await put(catalog, "rxnorm", zipped(tmp_path / "f.zip", "", LINES + lines))
    assert found.left_out == {"other sources": 4, "suppressed": 1}
    codes = await catalog.fetch("select system, code from public.catalog_codes where product_id = 'rxnorm:36567'")
    assert {tuple(row) for row in codes} == {("rxcui", "36567"), ("atc", "C10AA01")}
    names = await catalog.fetch("select name from public.catalog_names where product_id = 'rxnorm:36567'")
    assert not [row["name"] for row in names if "SNOMEDCT" in row["name"] or "NDDF" in row["name"]]


async def test_a_truncated_zip_changes_nothing(catalog: asyncpg.Connection, tmp_path: Path) -> None:
    whole = zipped(tmp_path / "whole.zip", "", LINES * 50)
    (tmp_path / "cut.zip").write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(CatalogError, match=r"cut\.zip is not a whole zip file"):
        await put(catalog, "rxnorm", tmp_path / "cut.zip")
    content = bytearray(whole.read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "torn.zip").write_bytes(content)
    with pytest.raises(CatalogError, match="is damaged"):
        await put(catalog, "rxnorm", tmp_path / "torn.zip")
    with pytest.raises(CatalogError, match=r"has no RXNCONSO\.RRF"):
        await put(catalog, "rxnorm", tmp_path)
    assert await catalog.fetchval("select count(*) from public.catalog_products") == 0
    assert await catalog.fetchval("select count(*) from public.catalog_releases") == 0


def test_composed_names_are_taken_apart() -> None:
    drug = clinical_name("0.8 ML adalimumab-adaz 50 MG/ML Prefilled Syringe [Hyrimoz]")
    assert [(name, s.text, s.per_unit) for name, s in drug.components] == [("adalimumab-adaz", "50 MG/ML", "ml")]
    assert (drug.form, drug.brand) == ("Prefilled Syringe", "Hyrimoz")
    two = clinical_name("cholecalciferol 0.075 MG / folic acid 1 MG Oral Capsule")
    assert ([name for name, _ in two.components], two.form) == (["cholecalciferol", "folic acid"], "Oral Capsule")
