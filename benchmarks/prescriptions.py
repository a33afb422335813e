"""The prescription parser: F1 per field on each set with the failures, time per text, memory of names (README.md)."""

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from medtime_backend.ocr.engines.rapid import RapidEngine
from medtime_backend.prescriptions import Medication, TextLine, read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.prescriptions.shipped_names import shipped_drug_names
from tests.prescriptions.scoring import FIELDS, Judgement, Score, Sig, judge
from tests.prescriptions.sets import HELD_OUT, HELD_OUT_LAST, HELD_OUT_LATER, held_out, shared_sets, texts

SHARED = Path(os.environ.get("MEDTIME_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
OURS = {"held out": HELD_OUT, "held out later": HELD_OUT_LATER, "held out last": HELD_OUT_LAST}
WANTED = 0.97
NAMES = 300_000
HOSTILE = 100_000
TURNS = 5


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=SHARED, help="the shared data (MEDTIME_SHARED_DATA, ../shared/data)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    return parser.parse_args()


def groups(sets: Mapping[str, Sequence[Sig]]) -> dict[str, list[Sig]]:
    """Each set; the given ones by language as they are, and without what a set itself has wrong; our own set."""
    given = [sig for sigs in sets.values() for sig in sigs]
    found = {name: list(sigs) for name, sigs in sets.items()}
    for language, name in (("es", "given, Spanish"), ("en", "given, English")):
        found[name] = [sig for sig in given if sig.language == language]
    found["given, English, uncontested"] = [sig for sig in given if sig.language == "en" and not sig.contested]
    for title, file in OURS.items():
        found[f"{title}, Spanish"] = [sig for sig in held_out(file) if sig.language == "es"]
        found[f"{title}, English"] = [sig for sig in held_out(file) if sig.language == "en"]
    return {name: sigs for name, sigs in found.items() if sigs}


def quality(judged: Mapping[str, Judgement], sizes: Mapping[str, int]) -> Table:
    """F1 per set and field, with how many values were expected."""
    table = Table(
        "set", "sigs", *FIELDS, title=f"F1 per field, of so many values (wanted: {WANTED})", title_justify="left"
    )
    for name, one in judged.items():
        table.add_row(name, str(sizes[name]), *(cell(one.scores[field]) for field in FIELDS))
    return table


def cell(score: Score) -> str:
    """F1 and how many values it is of."""
    if not score.judged and not score.false:
        return "-"
    return f"{'' if score.f1 >= WANTED else '! '}{score.f1:.3f} ({score.judged})"


def failures(judged: Mapping[str, Judgement]) -> Table:
    """Every value that is not as expected, once."""
    table = Table("sig", "text", "field", "expected", "said", title="Failures", title_justify="left")
    for failure in dict.fromkeys(failure for one in judged.values() for failure in one.failures):
        table.add_row(*map(escape, failure))
    return table


def times(given: Sequence[str], names: DrugIndex) -> list[float]:
    """Milliseconds of the processor for each text, the shortest of some turns: others use the machine too."""
    found: list[float] = []
    for text in given:
        turns = []
        for _ in range(TURNS):
            begun = time.process_time()
            read_prescription(text, names)
            turns.append(1000 * (time.process_time() - begun))
        found.append(min(turns))
    return found


def hostile(chance: random.Random) -> dict[str, str]:
    """Texts of 100 kB that make most work."""
    words = ("1", "tab", "cada", "8", "h", "-", "/", "mg", "metformina", "xyzzyx", "tabelt", ",", "y", "de", "0", "½")
    return {
        "random words": " ".join(chance.choice(words) for _ in range(HOSTILE // 4))[:HOSTILE],
        "random letters": "".join(chance.choice("abcdefghilmnorstu 0O1l") for _ in range(HOSTILE)),
        "one number": "9" * HOSTILE,
        "1-1-1-1…": "1-" * (HOSTILE // 2),
        "lines of a number": "1\n" * (HOSTILE // 2),
        "points": "a." * (HOSTILE // 2),
        "unknown words": " ".join("".join(chance.choice("aeioubcdfg") for _ in range(9)) for _ in range(HOSTILE // 10)),
    }


def many_names(chance: random.Random) -> Iterable[tuple[str, str]]:
    """300,000 names like those of products: two or three made-up words and a strength."""
    parts = (
        "met",
        "for",
        "lo",
        "sar",
        "tan",
        "ami",
        "no",
        "pril",
        "vas",
        "ta",
        "ti",
        "na",
        "cef",
        "ox",
        "im",
        "zol",
        "ri",
        "du",
    )
    for number in range(NAMES):
        words = [
            "".join(chance.choice(parts) for _ in range(chance.randint(2, 5))) for _ in range(chance.randint(1, 3))
        ]
        yield f"{' '.join(words)} {number % 1000} MG Oral Tablet", f"rxnorm:{number}"


def names_figures(console: Console) -> tuple[DrugIndex, dict[str, float]]:
    """What 300,000 names take, in memory and to be built and asked."""
    chance = random.Random(3)
    pairs = list(many_names(chance))
    begun = time.process_time()
    names = DrugIndex.from_pairs(pairs)
    built = time.process_time() - begun
    asked = [name.split(" ")[0] + chance.choice("aeiou") for name, _ in pairs[:2000]]
    spent: list[float] = []
    for name in asked:
        begun = time.process_time()
        names.fuzzy(name)
        spent.append(1000 * (time.process_time() - begun))
    spent.sort()
    figures = {
        "names": float(len(names)), "megabytes": names.size / 1e6, "build_s": built,
        "fuzzy_p50_ms": statistics.median(spent),
        "fuzzy_p99_ms": spent[int(len(spent) * 0.99)],
    }  # fmt: skip
    console.print(
        f"{len(names):,} names: {figures['megabytes']:.1f} MB, built in {built:.1f} s; "
        f"fuzzy lookup P50 {figures['fuzzy_p50_ms']:.2f} ms, P99 {figures['fuzzy_p99_ms']:.2f} ms"
    )
    return names, figures


def speed(data: Path, console: Console, small: DrugIndex, large: DrugIndex) -> dict[str, float]:
    """Time per sig, per whole prescription, and of hostile texts."""
    sigs = [*texts(data), *(sig.text for sig in held_out())]
    truths = json.loads((data / "prescriptions/images/ground_truth.json").read_text(encoding="utf-8"))
    pages = sorted({one["text"] for one in truths.values()})
    table = Table(
        "what", "texts", "P50 ms", "P99 ms", "longest ms", title="Time of the processor", title_justify="left"
    )
    figures: dict[str, float] = {}
    rows = {
        "sig": (sigs, small), "sig, 300,000 names": (sigs, large), "prescription": (pages, small),
        "prescription, 300,000 names": (pages, large),
    }  # fmt: skip
    for name, (given, names) in rows.items():
        spent = sorted(times(given, names))
        p50, p99 = statistics.median(spent), spent[int(len(spent) * 0.99)]
        figures |= {f"{name}: P50 ms": p50, f"{name}: P99 ms": p99}
        table.add_row(name, str(len(given)), f"{p50:.2f}", f"{p99:.2f}", f"{spent[-1]:.2f}")
    for name, text in hostile(random.Random(5)).items():
        begun = time.process_time()
        read_prescription(text, large)
        spent_ms = 1000 * (time.process_time() - begun)
        figures[f"100 kB, {name}: ms"] = spent_ms
        table.add_row(f"100 kB, {name}", "1", "", "", f"{spent_ms:.0f}")
    console.print(table)
    return figures


NOT_FIELDS = frozenset(("raw", "confidence", "repairs", "doubtful"))


def as_seen(data: Path, names: DrugIndex, console: Console) -> dict[str, dict[str, int]]:
    """Fields read from what the embedded engine gives for each image, beside those of the true text."""
    folder = data / "prescriptions/images"
    truths = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
    engine = RapidEngine()
    sums: dict[str, dict[str, int]] = {}
    for file, page in truths.items():
        with Image.open(folder / file) as image:
            lines = [TextLine(one.text, one.confidence) for one in engine.read(image.convert("RGB"), 0)]
        meant = read_prescription(page["text"], names).medications
        said = read_prescription(lines, names).medications
        one = sums.setdefault(page["kind"], dict.fromkeys(("images", "fields", "right", "added", "repairs"), 0))
        # By place: a medication that is missed or added counts against all that follow.
        pairs = [(fields(truth), fields(found)) for truth, found in zip_longest(meant, said)]
        one["images"] += 1
        one["fields"] += sum(len(truth) for truth, _ in pairs)
        one["right"] += sum(found.get(field) == value for truth, found in pairs for field, value in truth.items())
        one["added"] += sum(len(found.keys() - truth.keys()) for truth, found in pairs)
        one["repairs"] += sum(len(found.repairs) for found in said)
    table = Table(
        "images", "of them", "fields of the true text", "the same from the image", "share", "added", "repairs",
        title="What the embedded engine reads", title_justify="left",
    )  # fmt: skip
    for kind, one in sums.items():
        share = f"{one['right'] / one['fields']:.3f}"
        counts = (one["images"], one["fields"], one["right"])
        table.add_row(kind, *map(str, counts), share, str(one["added"]), str(one["repairs"]))
    console.print(table)
    return sums


def fields(medication: Medication | None) -> dict[str, Any]:
    """What is said of a medication, by field."""
    said: dict[str, Any] = {} if medication is None else msgspec.to_builtins(medication)
    return {field: value for field, value in said.items() if field not in NOT_FIELDS}


def main() -> None:
    """Judge, measure, print."""
    asked = arguments()
    console = Console(width=200)
    names = shipped_drug_names()
    sets = groups(shared_sets(asked.data))
    judged = {name: judge(sigs, names) for name, sigs in sets.items()}
    console.print(quality(judged, {name: len(sigs) for name, sigs in sets.items()}))
    console.print(failures(judged))
    images = as_seen(asked.data, names, console)
    large, memory = names_figures(console)
    spent = speed(asked.data, console, names, large)
    if asked.json:
        scores = {name: {field: one.scores[field].f1 for field in FIELDS} for name, one in judged.items()}
        found = {"f1": scores, "images": images, "names": memory, "times": spent}
        asked.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
