"""What a source says of one product, before it meets the database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

SIZES = {"name": 4096, "brand": 1024, "form": 1024, "route": 1024, "holder": 1024}
"""The most bytes the tables take of each text of a record."""

INGREDIENT_BYTES = 1024
DETAILS_BYTES = 60_000
"""Below the table's 65,536, since Postgres writes JSON with spaces."""


class Strength(msgspec.Struct, frozen=True):
    """How much: as written, and as a number of a unit per number of a unit where that could be read."""

    text: str
    amount: Decimal | None = None
    unit: str | None = None
    per_amount: Decimal | None = None
    per_unit: str | None = None


class Ingredient(msgspec.Struct, frozen=True):
    """A name as the source writes it; `lookup` is what to look for among the substances."""

    name: str
    lookup: str
    strength: Strength | None = None


class Name(msgspec.Struct, frozen=True):
    """A name of a product: kind is name, brand or synonym."""

    name: str
    kind: str
    language: str = ""


class Code(msgspec.Struct, frozen=True):
    """A number of a product in a system; `folded` is what is compared."""

    system: str
    code: str
    folded: str


class Record(msgspec.Struct, frozen=True):
    """One product of COFEPRIS or EMA, with the columns of public.catalog_products and what belongs to it.

    `salts` are pairs (base, salt) that the source itself says: both names as written.
    """

    id: str
    name: str
    language: str
    country: str
    status: str
    brand: str | None = None
    form: str | None = None
    route: str | None = None
    holder: str | None = None
    status_on: date | None = None
    details: dict[str, Any] = {}
    ingredients: tuple[Ingredient, ...] = ()
    names: tuple[Name, ...] = ()
    codes: tuple[Code, ...] = ()
    salts: tuple[tuple[str, str], ...] = ()

    def too_long(self) -> str | None:
        """Which part is longer than the tables take, if any."""
        for field, size in SIZES.items():
            if len((getattr(self, field) or "").encode()) > size:
                return field
        if any(len(one.name.encode()) > INGREDIENT_BYTES for one in self.ingredients):
            return "name of an ingredient"
        if len(msgspec.json.encode(self.details)) > DETAILS_BYTES:
            return "text"
        return None


class Rejected(msgspec.Struct, frozen=True):
    """A line that could not be read: its number as an editor or spreadsheet counts, and why."""

    line: int
    reason: str
    file: str = ""
