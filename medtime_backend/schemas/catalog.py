"""Answers of /catalog (docs/catalog_search.md), as the SQL functions make them."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Source = Literal["rxnorm", "cofepris", "ema"]
Kind = Literal["ingredient", "brand", "clinical-drug", "branded-drug", "pack", "product"]
Status = Literal["active", "retired", "withdrawn", "refused", "suspended", "revoked", "expired", "cancelled", "pending"]
Match = Literal["code", "exact", "prefix", "words", "typo", "same-substance"]
Date = Annotated[str, Meta(description="RFC 3339 full-date")]
Decimal = Annotated[str, Meta(description="A decimal number as text")]


class Content(Struct, frozen=True):
    """An ingredient of a hit; `name` in the language asked for, `strength` as the source writes it."""

    name: str
    substance: str | None
    strength: str | None


class Hit(Struct, frozen=True):
    """A product, why it was found (`match`), and the name or code that matched."""

    id: str
    source: Source
    kind: Kind
    name: str
    language: str
    country: str
    brand: str | None
    form: str | None
    route: str | None
    holder: str | None
    status: Status
    ingredients: list[Content]
    match: Match
    matched: str | None


class SearchAnswer(Struct, frozen=True):
    """A page. `next` is the cursor of the page that follows.

    `filtered` products fit the words, but not the strength, form and filters. `version` is the catalog's.
    """

    hits: list[Hit]
    next: str | None
    filtered: int
    suggestions: list[str]
    version: int


class Name(Struct, frozen=True):
    """A name as the source writes it; language en, es, or empty where it is the same everywhere."""

    name: str
    language: str
    kind: Literal["name", "brand", "synonym"]


class Ingredient(Struct, frozen=True):
    """What is in a product: `amount` of `unit` in `per_amount` of `per_unit`."""

    name: str
    substance: str | None
    name_en: str | None
    name_es: str | None
    strength: str | None
    amount: Decimal | None
    unit: str | None
    per_amount: Decimal | None
    per_unit: str | None


class Code(Struct, frozen=True):
    """A number of a product in a system: rxcui, ndc, atc, cofepris, ema or eu."""

    system: str
    code: str


class Related(Struct, frozen=True):
    """Another product, and what it is to this one."""

    relation: str
    id: str
    kind: Kind
    name: str
    status: Status


class Release(Struct, frozen=True):
    """A publisher's file that was taken in."""

    released_on: Date
    seeded_on: Date
    origin: str
    sha256: str


class Provenance(Struct, frozen=True):
    """The release a product came with, and the last that changed it."""

    first: Release
    last: Release


class ProductAnswer(Struct, frozen=True):
    """All that is known of a product."""

    id: str
    source: Source
    kind: Kind
    name: str
    language: str
    country: str
    brand: str | None
    form: str | None
    route: str | None
    holder: str | None
    status: Status
    status_on: Date | None
    successor: str | None
    details: dict[str, Any]
    names: list[Name]
    ingredients: list[Ingredient]
    codes: list[Code]
    related: list[Related]
    provenance: Provenance


class SourceAge(Struct, frozen=True):
    """A source, and how old its last release is; `release` is null where it was never seeded."""

    source: Source
    cadence_days: int
    products: int
    age_days: int | None
    release: Release | None


class SourcesAnswer(Struct, frozen=True):
    """All sources."""

    sources: list[SourceAge]
    version: int
