"""EMA's report of medicines: the old and the new spreadsheet and the JSON edition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from medtime_backend.catalog.booleans import boolean
from medtime_backend.catalog.codes import atc_codes, code
from medtime_backend.catalog.columns import Column
from medtime_backend.catalog.dates import Order, dates, one_date, order_of
from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.reading import Reading, UnreadableLine
from medtime_backend.catalog.records import Code, Ingredient, Name, Record
from medtime_backend.catalog.tables import Row, Table, read_table
from medtime_backend.catalog.words import cleaned, folded, identifier, said

COLUMNS = {
    "category": Column("Category", ("category",)),
    "name": Column("Name of medicine", ("name medicin", "name product", "medicine name"), "inn non url", required=True),
    "number": Column("EMA product number", ("product number",), required=True),
    "status": Column("Medicine status", ("medicine status", "authorisation status", "authorization status"),
                     "opinion", required=True),
    "opinion": Column("Opinion status", ("opinion status",)),
    "inn": Column("International non-proprietary name (INN) / common name",
                  ("international non proprietary name", "inn", "common name"), required=True),
    "substance": Column("Active substance", ("active substance",)),
    "area": Column("Therapeutic area (MeSH)", ("therapeutic area",)),
    "atc": Column("ATC code (human)", ("atc code", "atc"), "atcvet vet"),
    "group": Column("Pharmacotherapeutic group", ("pharmacotherapeutic group",), "vet"),
    "indication": Column("Therapeutic indication", ("indication",)),
    "holder": Column("Marketing authorisation holder", ("holder", "applicant")),
    "url": Column("Medicine URL", ("url",)),
    "revision": Column("Revision number", ("revision number",)),
}  # fmt: skip
FLAGS = {
    "patient_safety": Column("Patient safety", ("patient safety",)),
    "additional_monitoring": Column("Additional monitoring", ("additional monitoring",)),
    "advanced_therapy": Column("Advanced therapy", ("advanced therapy",)),
    "generic": Column("Generic", ("generic",), "name"),
    "biosimilar": Column("Biosimilar", ("biosimilar",)),
    "conditional_approval": Column("Conditional approval", ("conditional",)),
    "exceptional_circumstances": Column("Exceptional circumstances", ("exceptional",)),
    "accelerated_assessment": Column("Accelerated assessment", ("accelerated",)),
    "orphan": Column("Orphan medicine", ("orphan",)),
    "priority": Column("PRIME: priority medicine", ("prime", "priority")),
}
DATES = {
    "authorised_on": Column("Marketing authorisation date", ("marketing authori date",),
                            "refus withdraw suspen lapse holder"),
    "refused_on": Column("Refusal of marketing authorisation date", ("refus date",)),
    "ended_on": Column("Withdrawal / expiry / revocation / lapse of marketing authorisation date",
                       ("withdraw marketing date", "lapse date")),
    "application_withdrawn_on": Column("Withdrawal of application date", ("withdraw application date",)),
    "suspended_on": Column("Suspension of marketing authorisation date", ("suspen date",)),
    "opinion_on": Column("Opinion adopted date", ("opinion date",)),
    "decision_on": Column("European Commission decision date", ("decision date",)),
    "first_published_on": Column("First published date", ("first publish",)),
    "updated_on": Column("Last updated date", ("last update", "revision date")),
}  # fmt: skip
STATUSES = (
    # Beginnings of words that must all be there, the status, and the date that says since when.
    (("application", "withdraw"), "cancelled", "application_withdrawn_on"),
    (("withdraw", "rolling"), "cancelled", "application_withdrawn_on"),
    (("opinion",), "pending", "opinion_on"),
    (("withdraw",), "withdrawn", "ended_on"),
    (("refus",), "refused", "refused_on"),
    (("lapse",), "expired", "ended_on"),
    (("expir",), "expired", "ended_on"),
    (("revok",), "revoked", "ended_on"),
    (("revoc",), "revoked", "ended_on"),
    (("suspen",), "suspended", "suspended_on"),
    (("authori",), "active", "authorised_on"),
)
BETWEEN = re.compile(r";|\s/|/\s")
AS_SALT = re.compile(r"\s*\((?:as|in the form of)\s[^)]*\)", re.IGNORECASE)


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """The human medicines of a file; what is not one, or cannot be read, is noted in `reading`.

    Raises CatalogError for a file that is none of EMA's.
    """
    table = read_table(path, {**COLUMNS, **FLAGS, **DATES})
    order = order_of(row.get(field) for _, row in table.rows for field in DATES)
    reading.released_on = _released_on(table)
    seen: dict[str, int] = {}
    for line, row in table.rows:
        if _is_veterinary(row):
            reading.left_out["veterinary"] += 1
            continue
        try:
            record = _record(row, order)
            if record.id in seen:
                raise UnreadableLine(f"the number {cleaned(row['number'])} is that of line {seen[record.id]}")
        except ValueError as fault:
            reading.reject(line, str(fault))
            continue
        seen[record.id] = line
        yield record
    if not seen:
        raise CatalogError(f"{path.name} has no human medicine that can be read.")


def _released_on(table: Table) -> date | None:
    for cell in table.preamble:
        try:
            if found := dates(cell):
                return found[0]
        except UnreadableLine:
            continue
    return None


def _is_veterinary(row: Row) -> bool:
    return folded(cleaned(row.get("category"))).startswith("vet") or "/V/" in cleaned(row.get("number"))


def _record(row: Row, order: Order) -> Record:
    name, number = said(row.get("name")), said(row.get("number"))
    if name is None or number is None:
        raise UnreadableLine("no name" if number else "no product number")
    when = {field: found for field in DATES if (found := one_date(row.get(field), order))}
    status, since = _status(cleaned(row.get("status")))
    inns, substances = _names(row.get("inn")), _names(row.get("substance"))
    atc = said(row.get("atc"))
    codes = (code("ema", number), *(atc_codes(atc) if atc else ()))
    record = Record(
        id=identifier("ema", number),
        name=name,
        brand=name,
        language="en",
        country="EU",
        status=status,
        status_on=when.get(since),
        holder=said(row.get("holder")),
        details=_details(row, when),
        ingredients=tuple(Ingredient(one, AS_SALT.sub("", one)) for one in inns or substances),
        names=(Name(name, "brand"),),
        codes=tuple(one for one in codes if isinstance(one, Code)),
        salts=tuple(_salts(inns, substances)),
    )
    if part := record.too_long():
        raise UnreadableLine(f"its {part} is too long")
    return record


def _status(text: str) -> tuple[str, str]:
    words = folded(text).split()
    for starts, status, since in STATUSES:
        if all(any(word.startswith(start) for word in words) for start in starts):
            return status, since
    raise UnreadableLine(f"the status {text[:40]!r} is not known")


def _names(value: object) -> list[str]:
    """The substances of a cell: with ';' or ' / ' between them; commas belong to names of vaccines."""
    parts = (said(part) for part in BETWEEN.split(str(value or "").replace("\xa0", " ")))
    return list(dict.fromkeys(part for part in parts if part))


def _salts(inns: list[str], substances: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs that the row itself tells: 'naloxegol' and 'naloxegol oxalate'."""
    for inn in inns:
        for substance in substances:
            if folded(substance).startswith(folded(inn) + " ") and "," not in substance:
                yield inn, substance


def _details(row: Row, when: dict[str, date]) -> dict[str, Any]:
    found: dict[str, Any] = {"status_text": cleaned(row.get("status"))}
    texts = (("active_substance", "substance"), ("therapeutic_area", "area"), ("pharmacotherapeutic_group", "group"),
             ("indication", "indication"), ("opinion", "opinion"), ("revision", "revision"),
             ("url", "url"))  # fmt: skip
    found |= {name: text for name, field in texts if (text := said(row.get(field)))}
    for field, column in FLAGS.items():
        try:
            flag = boolean(row.get(field))
        except UnreadableLine as fault:
            raise UnreadableLine(f"{column.label}: {fault}") from None
        if flag is not None:
            found[field] = flag
    return found | {field: day.isoformat() for field, day in when.items()}
