"""Spreadsheets, CSV and JSON files as one thing: a header that is found, and numbered rows by field."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec
from python_calamine import CalamineError, CalamineWorkbook

from medtime_backend.catalog.columns import Column, recognise, require
from medtime_backend.catalog.errors import CatalogError

HEADER_WITHIN = 40
MOST_UNPACKED = 512 * 1024 * 1024
OTHERS = (
    *(b"<", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff"),
    *(b"\x1f\x8b", b"\x7fELF", b"\xff\xfe", b"\xfe\xff", b"\0"),
)
"""What other files begin with: markup, PDF, old Office, pictures, gzip, programs, UTF-16, and whatever is no text."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows by field with their numbers, from 1 as a spreadsheet counts; and the cells above the header."""

    rows: list[tuple[int, Row]]
    preamble: list[Any]
    fields: frozenset[str]


def read_table(path: Path, columns: Mapping[str, Column]) -> Table:
    """Read an .xlsx, .csv or .json file, told by its content. Raises CatalogError."""
    if path.is_dir():
        raise CatalogError(f"{path.name} is a directory: this source is one file.")
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"PK"):
        return _table(_spreadsheet(path), columns, path.name)
    if start.startswith((b"{", b"[")):
        return _json(path, columns)
    if start.startswith(OTHERS) or not start:
        raise CatalogError(f"{path.name} is not a spreadsheet (.xlsx), CSV (UTF-8 or Windows-1252) or JSON file.")
    return _table(_csv(path), columns, path.name)


def _table(numbered: Iterable[tuple[int, list[Any]]], columns: Mapping[str, Column], file: str) -> Table:
    rows = iter(numbered)
    first = list(islice(rows, HEADER_WITHIN))
    found: dict[str, int] = {}
    at = 0
    for place, (_, cells) in enumerate(first):
        recognised = recognise(cells, columns)
        if len(recognised) > len(found):
            found, at = recognised, place
    require(found, first[at][1] if first else (), columns, file)
    body = [
        (number, {field: cells[place] for field, place in found.items() if place < len(cells)})
        for number, cells in (*first[at + 1 :], *rows)
        if any(cell not in ("", None) for cell in cells)
    ]
    preamble = [cell for _, cells in first[:at] for cell in cells if cell not in ("", None)]
    return Table(body, preamble, frozenset(found))


def _spreadsheet(path: Path) -> Iterator[tuple[int, list[Any]]]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MOST_UNPACKED:
            raise CatalogError(f"{path.name} unpacks to {unpacked:,} bytes: that is no register of drugs.")
        with CalamineWorkbook.from_path(path) as book:
            sheet = max((book.get_sheet_by_name(name) for name in book.sheet_names), key=lambda one: one.total_height)
            yield from enumerate(sheet.to_python(skip_empty_area=False), start=1)
    # NotImplementedError: a zip of a kind that is not read here.
    except (zipfile.BadZipFile, CalamineError, OSError, ValueError, NotImplementedError) as fault:
        raise CatalogError(f"{path.name} is not a whole spreadsheet ({fault}).") from fault


def _csv(path: Path) -> Iterator[tuple[int, list[Any]]]:
    lines = _lines(path)
    first = next(lines, "")
    reader = csv.reader(chain((first,), lines), delimiter=max(",;\t|", key=first.count))
    number = 1
    try:
        for cells in reader:
            yield number, list(cells)
            number = reader.line_num + 1
    except csv.Error as fault:
        raise CatalogError(f"{path.name} is no CSV file: line {number}: {fault}.") from fault


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file in UTF-8 or Windows-1252, each by itself: one wrong byte spoils no other line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                try:
                    yield line.decode("cp1252")
                except UnicodeDecodeError:
                    raise CatalogError(
                        f"{path.name} is no CSV file: line {number} is neither UTF-8 nor Windows-1252."
                    ) from None


def _json(path: Path, columns: Mapping[str, Column]) -> Table:
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, RecursionError) as fault:
        raise CatalogError(f"{path.name} is not whole JSON ({fault}).") from fault
    meta = content.get("meta", {}) if isinstance(content, dict) else {}
    items = content.get("data") if isinstance(content, dict) else content
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise CatalogError(f"{path.name} has no list of objects named 'data'.")
    headers = list(dict.fromkeys(key for item in items for key in item))
    found = recognise(headers, columns)
    require(found, headers, columns, path.name)
    names = {field: headers[place] for field, place in found.items()}
    rows = [
        (number, {field: item[name] for field, name in names.items() if name in item})
        for number, item in enumerate(items, start=1)
    ]
    return Table(rows, list(meta.values()) if isinstance(meta, dict) else [], frozenset(found))
