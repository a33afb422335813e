"""Seed time and peak memory of a RxNorm release of real size, grown from one that is given.

.venv/bin/python benchmarks/catalog_seed.py [LINES]
"""

import asyncio
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

from medtime_backend.catalog.seeding import File, seed
from medtime_backend.catalog.sources import SOURCES
from medtime_backend.local.options import StackOptions
from medtime_backend.local.stack import Stack

LINES = 1_200_000
SECONDS, MEGABYTES = 60.0, 300.0
FORMS = ("Oral Tablet", "Oral Capsule", "Injectable Solution", "Oral Solution", "Topical Cream")
SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "po",
    "ru",
    "sa",
    "te",
    "vi",
    "xo",
    "zi",
    "clor",
    "fen",
    "trop",
    "max",
    "ril",
    "pril",
    "sart",
]
OTHERS = ("SNOMEDCT_US", "NDDF", "MMSL", "GS", "MTHSPL", "VANDF")
# Shares as in a full release: most lines of RXNCONSO are other sources'.
DRUGS_A_SUBSTANCE = 8


def grow(folder: Path, lines: int) -> int:
    """Write RXNCONSO, RXNREL and RXNSAT of so many lines together; return the number of RxNorm's drugs."""
    random.seed(6)
    cui = drugs = written = 0
    with (
        (folder / "RXNCONSO.RRF").open("w", encoding="utf-8") as conso,
        (folder / "RXNREL.RRF").open("w", encoding="utf-8") as rel,
        (folder / "RXNSAT.RRF").open("w", encoding="utf-8") as sat,
    ):

        def concept(number: int, source: str, term: str, name: str) -> None:
            conso.write(f"{number}|ENG||||||{written}||{number}||{source}|{term}|{number}|{name}||N|4096|\n")

        def link(first: int, relation: str, second: int) -> None:
            rel.write(f"{first}||CUI|RO|{second}||CUI|{relation}|||RXNORM||||||\n")

        while written < lines:
            cui += 100
            substance = "".join(random.choices(SYLLABLES, k=4)) + f" {cui // 100:x}"
            concept(cui, "RXNORM", "IN", substance)
            concept(cui + 1, "RXNORM", "BN", f"Brand {cui // 100}")
            link(cui, "tradename_of", cui + 1)
            written += 3
            for place in range(DRUGS_A_SUBSTANCE):
                drug, component, brand = cui + 10 + place, cui + 30 + place, cui + 50 + place
                name = f"{substance} {(place + 1) * 5} MG {random.choice(FORMS)}"
                concept(component, "RXNORM", "SCDC", f"{substance} {(place + 1) * 5} MG")
                concept(drug, "RXNORM", "SCD", name)
                concept(drug, "RXNORM", "SY", f"{name} synonym")
                concept(brand, "RXNORM", "SBD", f"{name} [Brand {cui // 100}]")
                for other in OTHERS:
                    concept(drug, other, "CD", f"{name} as {other} writes it")
                link(component, "ingredient_of", cui)
                link(component, "consists_of", drug)
                link(drug, "tradename_of", brand)
                sat.write(f"{drug}|||{drug}|CUI|{drug}|||NDC|RXNORM|{drug:011}|N|4096|\n")
                sat.write(f"{drug}|||{drug}|CUI|{drug}|||RXN_STRENGTH|RXNORM|5 MG|N|4096|\n")
                written += 15
                drugs += 2
    return drugs


async def measure(url: str, folder: Path) -> None:
    """Seed it twice: new, and the same again."""
    connection = await asyncpg.connect(url, statement_cache_size=0)
    for run in ("new", "the same again"):
        stages: dict[str, float] = {}
        started = time.perf_counter()

        def report(what: str, done: int, _of: int, stages: dict[str, float] = stages, started: float = started) -> None:
            stages[f"{what} {done}" if what == "merge" else what] = time.perf_counter() - started

        found = await seed(connection, SOURCES["rxnorm"], File(folder, "grown"), report=report)
        taken = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{run}: {taken:.1f} s, peak {peak:.0f} MB, {found.products:,} products, {found.added:,} added")
        print("  reached after: " + ", ".join(f"{name} {at:.1f} s" for name, at in stages.items()))
        print("  targets " + ("met" if taken < SECONDS and peak < MEGABYTES else "missed"))
    await connection.close()


def main() -> None:
    """Grow, start a stack, measure."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    with tempfile.TemporaryDirectory(prefix="medtime-bench-") as folder:
        release = Path(folder) / "rrf"
        release.mkdir()
        drugs = grow(release, lines)
        print(f"{lines:,} lines, {drugs:,} drugs")
        options = StackOptions(data_dir=Path(folder) / "stack", durable=False, service=False, seed=False)
        with Stack(options) as stack:
            asyncio.run(measure(stack.database_url, release))


if __name__ == "__main__":
    main()
