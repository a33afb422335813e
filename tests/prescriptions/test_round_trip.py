"""Structured values → text by templates in both languages → the same values."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.prescriptions.shipped_names import shipped_drug_names
from tests.prescriptions.reading import said

DRUGS: DrugIndex = shipped_drug_names()
NAMES = {
    "es": ("Metformina", "Losartán", "Ácido fólico", "Ibuprofeno", "Zolutrexato"),
    "en": ("Metformin", "Lisinopril", "Folic acid", "Ibuprofen", "Zolutrexate"),
}
FORMS = {
    "es": {
        "tablet": ("tableta", "tab", "comp."),
        "capsule": ("cápsula", "cáps"),
        "drop": ("gotas", "gts"),
        "mL": ("mL", "cc"),
        "tablespoon": ("cda.", "cucharada"),
    },
    "en": {
        "tablet": ("tablet", "tab", "tabs"),
        "capsule": ("capsule", "caps"),
        "drop": ("drops", "gtts"),
        "mL": ("mL", "ml"),
        "tablespoon": ("tbsp", "tablespoons"),
    },
}
ROUTES = {
    "es": {
        "oral": ("VO", "vía oral"),
        "sublingual": ("SL", "sublingual"),
        "intravenous": ("IV", "intravenosa"),
        "": ("",),
    },
    "en": {"oral": ("PO", "by mouth"), "sublingual": ("SL", "under the tongue"), "intravenous": ("IV",), "": ("",)},
}
UNITS = {"d": {"es": ("días", "d"), "en": ("days", "d")}, "mo": {"es": ("meses",), "en": ("months",)}}
COUNTS = {
    "es": ("1", "2", "una", "½", "1-2", "1 a 2", "2.5", "1 ½"),
    "en": ("1", "2", "one", "1/2", "1-2", "1 to 2", "2.5", "1 1/2"),
}
AMOUNTS = {
    "una": "1",
    "one": "1",
    "½": "0.5",
    "1/2": "0.5",
    "1 a 2": "1-2",
    "1 to 2": "1-2",
    "1 ½": "1.5",
    "1 1/2": "1.5",
}


@dataclass(frozen=True)
class Written:
    """A text and what it says."""

    text: str
    values: dict[str, list[str]]


@st.composite
def prescriptions(draw: st.DrawFn) -> Written:
    language = draw(st.sampled_from(("es", "en")))
    values: dict[str, list[str]] = {}
    name, amount = (
        draw(st.sampled_from(NAMES[language])),
        draw(st.sampled_from(("5", "12.5", "250", "875/125", "1000"))),
    )
    unit = draw(st.sampled_from((("mg", "mg"), ("mcg", "ug"), ("g", "g"))))
    values["drug"] = [{"Ácido fólico": "acido folico", "Losartán": "losartan"}.get(name, name.lower())]
    values["strength"] = [f"{amount} {unit[1]}"]
    parts = [f"{name} {amount} {unit[0]}"]
    form = draw(st.sampled_from(sorted(FORMS[language])))
    count = draw(st.sampled_from(COUNTS[language]))
    parts.append(f"{count} {draw(st.sampled_from(FORMS[language][form]))}")
    values["dose"] = [f"{AMOUNTS.get(count, count)} {form}"]
    route = draw(st.sampled_from(sorted(ROUTES[language])))
    parts.append(draw(st.sampled_from(ROUTES[language][route])))
    if route:
        values["route"] = [route]
    frequency, said_as = draw(frequencies(language))
    parts.append(said_as)
    values["frequency"] = [frequency]
    if draw(st.booleans()):
        number, time = draw(st.integers(2, 30)), draw(st.sampled_from(sorted(UNITS)))
        link = draw(st.sampled_from({"es": ("por", "x", "durante"), "en": ("for", "x")}[language]))
        parts.append(f"{link} {number} {draw(st.sampled_from(UNITS[time][language]))}")
        values["duration"] = [f"{number} {time}"]
    blank = draw(st.sampled_from((" ", "  ", "\n")))
    if draw(st.booleans()):
        needed = {"es": ("PRN dolor", "SOS", "si hay fiebre"), "en": ("prn pain", "as needed")}[language]
        parts[-1] += " " + draw(st.sampled_from(needed))  # a condition at the beginning of a line may be another's
        values["as needed"] = ["yes"]
    case = draw(st.sampled_from((str, str, str.upper))) if language == "en" else str
    return Written(case(blank.join(filter(None, parts))), values)


@st.composite
def frequencies(draw: st.DrawFn, language: str) -> tuple[str, str]:
    hours, times = draw(st.sampled_from((4, 6, 8, 12, 24))), draw(st.integers(1, 6))
    spanish = [
        (f"q{hours}h", f"cada {hours} horas"),
        (f"q{hours}h", f"c/{hours} h"),
        (f"q{hours}h", f"c/{hours}hrs"),
        ("q2d", "cada tercer día"),
        (f"{times}/d", f"{times} veces al día"),
        ("1/d", "diario"),
        ("mon,wed,fri", "L-X-V"),
        ("mon,thu", "lunes y jueves"),
        ("q6-8h", "cada 6 a 8 horas"),
    ]
    english = [
        (f"q{hours}h", f"every {hours} hours"),
        (f"q{hours}h", f"q{hours}h"),
        ("2/d", "BID"),
        ("3/d", "t.i.d."),
        ("q2d", "every other day"),
        (f"{times}/d", f"{times} times a day"),
        ("1/d", "daily"),
        ("mon,thu", "every Monday and Thursday"),
        ("q4-6h", "q4-6h"),
        ("2/d", "twice a day"),
        ("1/w", "once a week"),
    ]
    frequency: tuple[str, str] = draw(st.sampled_from(spanish if language == "es" else english))
    return frequency


@settings(max_examples=300, deadline=None)
@given(prescriptions())
def test_what_is_written_is_read_again(written: Written) -> None:
    assert said(written.text, DRUGS) == written.values, written.text
