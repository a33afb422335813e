"""The sets of sigs in the notation of scoring.py: the given ones of the shared data, and ours."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from medtime_backend.prescriptions.folding import folded
from tests.prescriptions.scoring import FIELDS, SHORT, Sig, Values

HELD_OUT = Path(__file__).with_name("held_out.tsv")
HELD_OUT_LATER = Path(__file__).with_name("held_out_later.tsv")
HELD_OUT_LAST = Path(__file__).with_name("held_out_last.tsv")
"""Written when all else was done; only a half that it showed to be lost was mended after it."""
SIGS = Path("prescriptions", "sigs")
LANGUAGES = {
    "spanish_mexican": "es",
    "spanish_public": "es",
    "english_parsigs": "en",
    "english_openmed": "en",
    "english_phs": "en",
}
UNITS = {"mcg": "ug"}
Expected = dict[str, list[str]]

CONTESTED = {
    "1 tablet a day and 3 tablets a day prn for 1 month": (
        "adds the tablet that is taken every day to the three that are taken as needed: 'four a day, as needed'"
    ),
}
"""Texts of which the set expects what the text does not say: judged as given, and again without them."""


def shared_sets(data: Path) -> dict[str, list[Sig]]:
    """Read the five given sets."""
    found = {}
    for name, language in LANGUAGES.items():
        cases = json.loads((data / SIGS / f"{name}.json").read_text(encoding="utf-8"))
        brought = {"spanish": _spanish, "english_parsigs": _parsigs, "english_openmed": _openmed, "english_phs": _phs}
        bring = next(one for start, one in brought.items() if name.startswith(start))
        found[name] = [
            Sig(
                case.get("test", f"{name}:{place}"),
                language,
                case["text"],
                bring(case["expected"]),
                CONTESTED.get(case["text"], ""),
                rates=name == "english_openmed",
            )
            for place, case in enumerate(cases, start=1)
        ]
    return found


def held_out(path: Path = HELD_OUT) -> list[Sig]:
    """Read one of our own sets."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Sig(
                f"{path.stem}:{place}",
                row["language"],
                row["text"],
                {name: _held_out(name, row[name.replace(" ", "_")]) for name in FIELDS},
            )
            for place, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE), start=1)
        ]


def _held_out(name: str, text: str) -> Values:
    values = tuple(part.strip() for part in text.split(";") if part.strip() not in {"", "-"})
    if name == "duration":
        return tuple(map(_days, values))
    return tuple(folded(one) for one in values) if name == "drug" else values


def _spanish(expected: Mapping[str, Any]) -> dict[str, Values]:
    """A key that is not there is a field that must be empty."""
    found = _empty()
    if "drug" in expected:
        found["drug"].append(folded(expected["drug"]))
    if "strength" in expected:
        found["strength"].append(_units(expected["strength"]))
    if "dose" in expected:
        found["dose"].append(
            f"{_number(expected['dose'])} {expected.get('unit') or expected.get('form') or ''}".strip()
        )
    if "route" in expected:
        found["route"].append(expected["route"])
    found["frequency"] = _spanish_frequency(expected)
    if "dur_d" in expected:
        found["duration"].append(f"{_number(expected['dur_d'])} d")
    elif "dur" in expected:
        amount, _, unit = expected["dur"].partition(" ")
        found["duration"].append(f"{amount} {SHORT[unit]}" if unit else amount)
    if expected.get("prn"):
        found["as needed"].append("yes")
    return _values(found)


def _spanish_frequency(expected: Mapping[str, Any]) -> list[str]:
    if "every_h" in expected:
        hours = expected["every_h"]
        return [f"q{'-'.join(map(_number, hours if isinstance(hours, list) else [hours]))}h"]
    if "schedule" in expected:
        return ["-".join(map(_number, expected["schedule"]))]
    if "days" in expected:
        return [",".join(expected["days"])]
    if expected.get("single_dose"):
        return ["once"]
    return [f"{_number(expected['per_day'])}/d"] if "per_day" in expected else []


def _parsigs(expected: Any) -> dict[str, Values]:
    """All keys are always there. `interval` N and no or one `times` is every N; more times are so many per interval."""
    found = _empty()
    for step in expected if isinstance(expected, list) else [expected]:
        if step["drug"] and not found["drug"]:
            found["drug"].append(folded(step["drug"]))
        if step["strength"] and not found["strength"]:
            found["strength"].append(_units(step["strength"]))
        if step["singleDosageAmount"]:
            found["dose"].append(f"{_number(step['singleDosageAmount'])} {step['form'] or ''}".strip())
        if step["frequencyType"]:
            found["frequency"].append(_interval(step["interval"], step["times"], SHORT[step["frequencyType"].lower()]))
        if step["periodType"]:
            found["duration"].append(_days(f"{_number(step['periodAmount'])} {SHORT[step['periodType'].lower()]}"))
        if step["takeAsNeeded"]:
            found["as needed"].append("yes")
    del found["route"]
    return _values(found)


def _interval(interval: int, times: int | None, unit: str) -> str:
    if times is not None and times > 1:
        return f"{times}/{'' if interval == 1 else interval}{unit}"
    return f"1/{unit}" if interval == 1 and unit != "h" else f"q{interval}{unit}"


def _openmed(expected: Mapping[str, Any]) -> dict[str, Values]:
    """Only the keys that are there are judged; `frequency_per_day` is of 'twice a day' and of 'every 12 hours'."""
    found: Expected = {}
    if "dose" in expected:
        unit = expected.get("unit") or expected.get("form") or ""
        found["dose"] = [f"{_number(expected['dose'])} {unit}".strip()] if expected["dose"] is not None else []
    if "route" in expected:
        found["route"] = (
            [{"inhaled": "inhalation"}.get(expected["route"], expected["route"])] if expected["route"] else []
        )
    if "frequency_per_day" in expected:
        found["frequency"] = (
            [f"{_number(expected['frequency_per_day'])} a day"] if expected["frequency_per_day"] else []
        )
    if "duration_days" in expected:
        found["duration"] = [f"{expected['duration_days']} d"]
    if "as_needed" in expected:
        found["as needed"] = ["yes"] if expected["as_needed"] else []
    return _values(found)


def _phs(expected: Any) -> dict[str, Values]:
    """No drug, strength or route in this set; its `asDirected` instructions leave out whether they are as needed."""
    found = _empty()
    for step in expected if isinstance(expected, list) else [expected]:
        low, high = step["dosageMin"], step["dosageMax"]
        found["dose"].append(f"{_span(low, high)} {({'ml': 'mL'}.get(step['form'], step['form'])) or ''}".strip())
        found["frequency"].append(
            f"{_span(step['frequencyMin'], step['frequencyMax'])}/{SHORT[step['frequencyType'].lower()]}"
        )
        if "durationMin" in step:
            lasting = f"{_span(step['durationMin'], step['durationMax'])} {SHORT[step['durationType'].lower()]}"
            found["duration"].append(_days(lasting))
        if step.get("asRequired"):
            found["as needed"].append("yes")
    for name in ("drug", "strength", "route"):
        del found[name]
    return _values(found)


def _days(text: str) -> str:
    """Weeks in days, as the Spanish sets give them."""
    number, _, unit = text.partition(" ")
    return f"{7 * int(number)} d" if unit == "w" else text


def _empty() -> Expected:
    return {name: [] for name in FIELDS}


def _values(found: Expected) -> dict[str, Values]:
    return {name: tuple(values) for name, values in found.items()}


def _number(value: float) -> str:
    return format(Decimal(str(value)).normalize(), "f")


def _span(low: float, high: float) -> str:
    return _number(low) if low == high else f"{_number(low)}-{_number(high)}"


def _units(text: str) -> str:
    """'500mg' is '500 mg', 'mcg' is 'ug'."""
    number = text.rstrip("".join(sign for sign in text if sign.isalpha())) if text[-1:].isalpha() else text
    unit = text[len(number) :]
    return f"{number.strip()} {UNITS.get(unit, unit)}"


def texts(data: Path) -> Iterator[str]:
    """The real sigs without an expected parse."""
    yield from (data / SIGS / "english_parserx_250_inputs.csv").read_text(encoding="utf-8").splitlines()
