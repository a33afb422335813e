"""The three publishers: where their files are, how often new ones come, how large they may be."""

from __future__ import annotations

import msgspec

from medtime_backend.catalog.errors import CatalogError


class Source(msgspec.Struct, frozen=True):
    """A publisher. `variable` overrides `address`; `days` is the cadence; `most_bytes` bounds a file, packed."""

    name: str
    title: str
    variable: str
    address: str
    days: int
    most_bytes: int


SOURCES = {
    source.name: source
    for source in (
        Source(
            "rxnorm",
            "RxNorm (US)",
            "MEDTIME_CATALOG_RXNORM_URL",
            "https://download.nlm.nih.gov/rxnorm/RxNorm_full_prescribe_current.zip",
            7,
            2 * 1024**3,
        ),
        Source(
            "cofepris",
            "COFEPRIS (Mexico)",
            "MEDTIME_CATALOG_COFEPRIS_URL",
            "https://registros.cofepris.gob.mx/BRSDM/public/completo/Visor_Registros_Medicamentos.xlsx",
            31,
            128 * 1024**2,
        ),
        Source(
            "ema",
            "EMA (EU)",
            "MEDTIME_CATALOG_EMA_URL",
            "https://www.ema.europa.eu/en/documents/report/medicines-output-medicines-report_en.xlsx",
            31,
            64 * 1024**2,
        ),
    )
}


def source_named(name: str) -> Source:
    """The source of that name. Raises CatalogError."""
    try:
        return SOURCES[name.strip().lower()]
    except KeyError:
        raise CatalogError(f"There is no source {name!r}: it is one of {', '.join(SOURCES)}.") from None
