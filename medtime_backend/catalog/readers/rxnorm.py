"""RxNorm's RRF files, filtered line by line: only what the catalog has is kept, nothing is gathered here."""

from __future__ import annotations

from collections.abc import Iterator

from medtime_backend.catalog.codes import ndc
from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.readers.clinical_names import clinical_name
from medtime_backend.catalog.reading import Reading, Report, UnreadableLine
from medtime_backend.catalog.rrf import Release

SOURCES = frozenset((b"RXNORM", b"ATC", b"CVX", b"DRUGBANK", b"MTHSPL", b"MTHCMSFRF", b"USP", b"VANDF"))
"""Sources of licence level 0: their names may be shown to everybody."""

PRODUCTS = frozenset((b"IN", b"PIN", b"MIN", b"BN", b"SCD", b"SBD", b"GPCK", b"BPCK"))
NAMES = frozenset((b"PSN", b"SY", b"TMSY"))
PARTS = frozenset((b"DF", b"SCDC"))
RELATIONS = frozenset((
    b"tradename_of", b"has_tradename", b"ingredient_of", b"has_ingredient", b"precise_ingredient_of",
    b"has_precise_ingredient", b"consists_of", b"constitutes", b"form_of", b"has_form", b"has_part", b"part_of",
    b"contains", b"contained_in", b"has_dose_form", b"dose_form_of",
))  # fmt: skip
INVERSE = {
    b"has_tradename": b"tradename_of", b"has_ingredient": b"ingredient_of",
    b"has_precise_ingredient": b"precise_ingredient_of", b"constitutes": b"consists_of", b"has_form": b"form_of",
    b"part_of": b"has_part", b"contained_in": b"contains", b"dose_form_of": b"has_dose_form",
}  # fmt: skip
CONSO, REL, SAT, CUI = "RXNCONSO.RRF", "RXNREL.RRF", "RXNSAT.RRF", "RXNCUI.RRF"
FIELDS = {CONSO: 18, REL: 16, SAT: 13, CUI: 5}
PRESCRIBABLE = 4096
MOST_BYTES = 4096
"""Of a name, as the table's check says."""

EVERY = 20_000
Row = tuple[object, ...]


def concepts(release: Release, reading: Reading, report: Report) -> Iterator[tuple[str, Row]]:
    """Rows for three tables, each with its table's name.

    `stage_concepts` (rxcui, term type, source, code, name, suppressed, prescribable), and of the names RxNorm composes
    `stage_components` (rxcui, place, name, strength, amount, unit, per amount, per unit) and `stage_forms` (rxcui,
    form, brand). Raises CatalogError when nothing of RxNorm is in the file.
    """
    if CONSO not in release:
        raise CatalogError(f"{release.path.name} has no RXNCONSO.RRF.")
    products = 0
    for line, fields in _lines(release, CONSO, reading, report):
        source, term, suppress = fields[11], fields[12], fields[16]
        if source not in SOURCES:
            reading.left_out["other sources"] += 1
            continue
        own = source == b"RXNORM"
        if not _is_kept(fields, own=own):
            reading.left_out["other terms"] += 1
            continue
        if suppress != b"N" and not (own and suppress == b"O"):
            reading.left_out["suppressed"] += 1
            continue
        try:
            rxcui, code, name = _identity(fields)
        except UnreadableLine as fault:
            reading.reject(line, str(fault), CONSO)
            continue
        products += own and term in PRODUCTS
        prescribable = fields[17].isdigit() and bool(int(fields[17]) & PRESCRIBABLE)
        yield "stage_concepts", (rxcui, term.decode(), source.decode(), code, name, suppress == b"O", prescribable)
        if own and term in (b"SCD", b"SBD"):
            yield from _parts(rxcui, name)
    if not products:
        raise CatalogError(f"{CONSO} in {release.path.name} has no concept of RxNorm that can be read.")


def relations(release: Release, reading: Reading, report: Report) -> Iterator[tuple[str, Row]]:
    """Rows (subject, relation, object) for `stage_links`, as RXNREL is read: RXCUI2 RELA RXCUI1.

    Each relation in one direction, whichever the file has.
    """
    for _, fields in _lines(release, REL, reading, report):
        relation = fields[7]
        if relation not in RELATIONS or fields[10] != b"RXNORM" or not (fields[0].isdigit() and fields[4].isdigit()):
            continue
        subject, target = fields[4].decode(), fields[0].decode()
        if relation in INVERSE:
            relation, subject, target = INVERSE[relation], target, subject
        yield "stage_links", (subject, relation.decode(), target)


def codes(release: Release, reading: Reading, report: Report) -> Iterator[tuple[str, Row]]:
    """Rows (rxcui, system, code, folded) for `stage_numbers`: NDCs."""
    for line, fields in _lines(release, SAT, reading, report, b"|NDC|"):
        if fields[8] != b"NDC" or fields[9] not in SOURCES or fields[11] != b"N":
            continue
        written = fields[10].decode("ascii", "replace").strip()
        if (folded := ndc(written)) is None:
            reading.reject(line, f"{written[:20]!r} is no NDC of 11 digits", SAT)
            continue
        yield "stage_numbers", (fields[0].decode(), "ndc", written, folded)


def successors(release: Release, reading: Reading, report: Report) -> Iterator[tuple[str, Row]]:
    """Rows (old, new) for `stage_successors`: concepts that were merged into others."""
    for _, fields in _lines(release, CUI, reading, report):
        if fields[4].isdigit() and fields[0].isdigit() and fields[0] != fields[4]:
            yield "stage_successors", (fields[0].decode(), fields[4].decode())


def _lines(
    release: Release, name: str, reading: Reading, report: Report, having: bytes = b""
) -> Iterator[tuple[int, list[bytes]]]:
    """The fields of a file's lines, where it is there; a line with another number of fields is rejected."""
    if name not in release:
        return
    size, done, wanted = release.size(name), 0, FIELDS[name]
    for number, line in release.lines(name):
        done += len(line) + 1
        if number % EVERY == 0:
            report(name, done, size)
        if having not in line:
            continue
        fields = line.split(b"|")
        if fields[-1] == b"" and len(fields) == wanted + 1:
            fields.pop()
        if len(fields) != wanted:
            if line.strip():
                reading.reject(number, f"{len(fields)} fields instead of {wanted}", name)
            continue
        yield number, fields
    report(name, size, size)


def _is_kept(fields: list[bytes], *, own: bool) -> bool:
    term = fields[12]
    kept = term in PRODUCTS or term in PARTS if own else fields[11] == b"ATC"
    return fields[1] == b"ENG" and (kept or term in NAMES)


def _identity(fields: list[bytes]) -> tuple[str, str, str]:
    """Concept number, code and name."""
    rxcui, code, name = (_text(fields[place]) for place in (0, 13, 14))
    if not rxcui.isdigit():
        raise UnreadableLine("no concept number")
    if not 0 < len(fields[14]) <= MOST_BYTES:
        raise UnreadableLine("no name, or one too long")
    return rxcui, code, name


def _parts(rxcui: str, name: str) -> Iterator[tuple[str, Row]]:
    parts = clinical_name(name)
    if parts.form or parts.brand:
        yield "stage_forms", (rxcui, parts.form, parts.brand)
    for place, (of, s) in enumerate(parts.components, start=1):
        yield "stage_components", (rxcui, place, of, s.text, s.amount, s.unit, s.per_amount, s.per_unit)


def _text(field: bytes) -> str:
    try:
        text = field.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise UnreadableLine(f"byte {fault.start + 1} of the name is not UTF-8") from None
    if "\0" in text:
        raise UnreadableLine("a NUL in the name")
    return text.strip()
