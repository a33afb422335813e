"""Small files in the publishers' shapes, and the catalog's tables emptied."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

from medtime_backend.catalog.reading import Reading
from medtime_backend.catalog.seeding import File, Summary, seed
from medtime_backend.catalog.sources import SOURCES

FILES = Path(__file__).with_name("files")
EMPTY = """
truncate public.catalog_products, public.catalog_releases, public.catalog_substances, public.catalog_lexicon,
  public.catalog_mixture_names cascade
"""

EMA_HEADER = [
    *("Category", "Name of medicine", "EMA product number", "Medicine status"),
    *("International non-proprietary name (INN) / common name", "Active substance", "ATC code (human)", "Generic"),
    *("Marketing authorisation date", "Withdrawal / expiry / revocation / lapse of marketing authorisation date"),
]
COFEPRIS_HEADER = [
    *("Número de Registro", "Denominación Distintiva", "Fecha Expedición Vigencia"),
    *("Fecha Expedición Vigencia Prorroga", "Estado", "Forma Farmaceutica", "Denominacion Generica"),
    *("Vista Administración", "Cantidad", "Sustancia Química"),
]


def ema_row(number: int = 1, **given: str) -> list[str]:
    """A row under EMA_HEADER."""
    row = dict.fromkeys(EMA_HEADER, "") | {
        "Category": "Human",
        "Name of medicine": f"Brand {number}",
        "EMA product number": f"EMEA/H/C/{number:06}",
        "Medicine status": "Authorised",
        "International non-proprietary name (INN) / common name": "naloxegol",
        "Generic": "No",
        "Marketing authorisation date": "07/12/2014",
    }
    return list((row | given).values())


def cofepris_row(number: str = "001M2020 SSA", **given: str) -> list[str]:
    """A row under COFEPRIS_HEADER."""
    row = dict.fromkeys(COFEPRIS_HEADER, "") | {
        "Número de Registro": number,
        "Denominación Distintiva": "MARCA",
        "Fecha Expedición Vigencia": "8 de Agosto de 2018 / 9 de Agosto de 2024",
        "Estado": "VIGENTE",
        "Denominacion Generica": "KETOROLACO / / / ",
        "Cantidad": "Ketorolaco trometamina 30.000 mg",
    }
    return list((row | given).values())


def write(path: Path, *rows: Sequence[Any]) -> Path:
    """A CSV file of these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def write_json(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """EMA's JSON edition of a sheet whose first row is the header: all values strings, keys made from headers."""
    keys = ["_".join("".join(c if c.isalnum() else " " for c in head.lower()).split()) for head in rows[0]]
    data = [dict(zip(keys, map(str, row), strict=False)) for row in rows[1:]]
    path.write_text(json.dumps({"meta": {"timestamp": "2026-03-14T06:00:00Z"}, "data": data}), encoding="utf-8")
    return path


def read_all(reader: Any, path: Path) -> tuple[list[Any], Reading]:
    """All records of a file, and the tally."""
    reading = Reading()
    return list(reader(path, reading)), reading


async def put(connection: asyncpg.Connection, source: str, path: Path, **options: Any) -> Summary:
    """Seed a file."""
    return await seed(connection, SOURCES[source], File(path, path.name), **options)
