"""COFEPRIS's register of medicines (Visor_Registros_Medicamentos), as spreadsheet or CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medtime_backend.catalog.codes import atc_codes, code
from medtime_backend.catalog.columns import Column
from medtime_backend.catalog.dates import dates
from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.reading import Reading, UnreadableLine
from medtime_backend.catalog.records import Code, Ingredient, Name, Record
from medtime_backend.catalog.strengths import name_and_strength
from medtime_backend.catalog.tables import Row, read_table
from medtime_backend.catalog.words import cleaned, folded, identifier, lines_of, said

COLUMNS = {
    "number": Column("Número de Registro", ("numero regist", "no regist", "registro sanitario"), required=True),
    "brand": Column("Denominación Distintiva", ("denominacion distintiva", "nombre comercial", "marca"), required=True),
    "issued": Column("Fecha Expedición Vigencia", ("expedicion", "vigencia"), "prorroga"),
    "renewed": Column("Fecha Expedición Vigencia Prorroga", ("prorroga",)),
    "status": Column("Estado", ("estado", "estatus", "situacion"), required=True),
    "form": Column("Forma Farmaceutica", ("forma farmac",)),
    "indications": Column("Indicaciones Terapéuticas", ("indicaciones",), "contra"),
    "contraindications": Column("Contra Indicaciones", ("contra",)),
    "shelf_life": Column("Vida Útil", ("vida util",)),
    "fraction": Column("Fracción", ("fraccion",)),
    "generic": Column("Denominacion Generica", ("denominacion generica", "nombre generico"), required=True),
    "route": Column("Vista Administración", ("vista administra", "via administra")),
    "type": Column("Tipo Medicamento", ("tipo",)),
    "presentation": Column("Presentación", ("presentacion",)),
    "quantity": Column("Cantidad", ("cantidad", "concentracion")),
    "anatomical": Column("Sistema Orgánico", ("sistema organ",)),
    "group": Column("Grupo Farmacológico", ("grupo farmac",)),
    "subgroup": Column("Subgrupo Farmacológico", ("subgrupo farmac",)),
    "chemical_group": Column("Subgrupo QuÍmico", ("subgrupo quimic",)),
    "substance": Column("Sustancia Química", ("sustancia quimica", "atc")),
    "holder": Column("Titular", ("titular",)),
    "manufacturers": Column("Fabricantes Medicamentos", ("fabricant medic",)),
    "emitted": Column("Fecha Emisión", ("emision",)),
}
STATUSES = {
    "vigente": "active", "activo": "active", "prorroga": "active", "cancelad": "cancelled", "revocad": "revoked",
    "suspendid": "suspended", "vencid": "expired", "caduc": "expired", "expirad": "expired", "negad": "refused",
    "tramite": "pending", "no vigente": "expired",
}  # fmt: skip
ATC_FIELDS = ("substance", "chemical_group", "subgroup", "group")
FREE_FRACTIONS = ("V", "VI")
FRACTION = re.compile(r"\s*(VI|V|IV|I{1,3})\b")


def read(path: Path, reading: Reading) -> Iterator[Record]:
    """The products of a file; a row said twice is left out, what cannot be read is noted in `reading`.

    Raises CatalogError for a file that is none of COFEPRIS's.
    """
    table = read_table(path, COLUMNS)
    seen: dict[str, tuple[int, Row]] = {}
    for line, row in table.rows:
        try:
            record = _record(row)
        except ValueError as fault:
            reading.reject(line, str(fault))
            continue
        if record.id in seen:
            first, same = seen[record.id]
            if same == row:
                reading.left_out["duplicate"] += 1
            else:
                number = cleaned(row["number"])
                reading.reject(line, f"the number {number} is that of line {first}, which says something else")
            continue
        seen[record.id] = line, row
        yield record
    if not seen:
        raise CatalogError(f"{path.name} has no product that can be read.")


def _record(row: Row) -> Record:
    number, brand = said(row.get("number")), said(row.get("brand"))
    if number is None:
        raise UnreadableLine("no registration number")
    slots = [one for part in str(row.get("generic") or "").split("/") if (one := said(part))]
    ingredients, salts = _ingredients(slots, lines_of(row.get("quantity")))
    generic = " / ".join(slots) or " / ".join(dict.fromkeys(one.name for one in ingredients)) or None
    name = brand or generic
    if name is None:
        raise UnreadableLine("neither a brand nor a generic name")
    issued, renewed = dates(row.get("issued")), dates(row.get("renewed"))
    codes = (code("cofepris", number), *_atc(row))
    names = [Name(name, "brand" if brand else "name", "" if brand else "es")]
    if brand and generic:
        names.append(Name(generic, "name", "es"))
    record = Record(
        id=identifier("cofepris", number),
        name=name,
        brand=brand,
        language="es",
        country="MX",
        status=_status(cleaned(row.get("status"))),
        status_on=next(iter([*renewed[:1], *issued[:1]]), None),
        form=said(row.get("form")),
        route=said(row.get("route")),
        holder=said(row.get("holder")),
        details=_details(row, generic, (renewed or issued)[-1:]),
        ingredients=ingredients,
        names=tuple(names),
        codes=tuple(one for one in codes if isinstance(one, Code)),
        salts=salts,
    )
    if part := record.too_long():
        raise UnreadableLine(f"its {part} is too long")
    return record


def _status(text: str) -> str:
    plain = folded(text)
    for start in sorted(STATUSES, key=len, reverse=True):
        if plain.startswith(start) or f" {start}" in plain:
            return STATUSES[start]
    raise UnreadableLine(f"the status {text[:40]!r} is not known")


def _ingredients(slots: list[str], quantities: list[str]) -> tuple[tuple[Ingredient, ...], tuple[tuple[str, str], ...]]:
    """Each line of 'Cantidad' is one, two strengths of the same too; generic names without a line come after them.

    'Ketorolaco trometamina' in a line is the salt of the slot 'KETOROLACO'.
    """
    found: list[Ingredient] = []
    salts: list[tuple[str, str]] = []
    open_slots = list(slots)
    for line in quantities:
        name, strength = name_and_strength(line)
        if not (name := said(name) or (slots[0] if len(slots) == 1 else "")):
            continue
        slot = next((one for one in slots if f"{folded(name)} ".startswith(f"{folded(one)} ")), None)
        if slot is not None:
            open_slots = [one for one in open_slots if one != slot]
            if folded(slot) != folded(name):
                salts.append((slot, name))
        found.append(Ingredient(name, name, strength))
    found += [Ingredient(slot, slot) for slot in open_slots] if not found or len(open_slots) < len(slots) else []
    return tuple(found), tuple(dict.fromkeys(salts))


def _atc(row: Row) -> tuple[Code, ...]:
    """The finest ATC code that is given."""
    for field in ATC_FIELDS:
        if found := atc_codes(cleaned(row.get(field))):
            return found[:1]
    return ()


def _details(row: Row, generic: str | None, until: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"status_text": cleaned(row.get("status"))}
    if generic:
        found["generic_name"] = generic
    texts = ("indications", "contraindications", "shelf_life", "fraction", "type", "anatomical", "group", "subgroup",
             "chemical_group", "substance", "manufacturers")  # fmt: skip
    found |= {field: text for field in texts if (text := said(row.get(field)))}
    if presentations := lines_of(row.get("presentation")):
        found["presentations"] = presentations
    if match := FRACTION.match(str(row.get("fraction") or "")):
        found["prescription"] = match[1] not in FREE_FRACTIONS
    if until:
        found["valid_until"] = until[0].isoformat()
    if emitted := dates(row.get("emitted")):
        found["issued_on"] = emitted[0].isoformat()
    return found
