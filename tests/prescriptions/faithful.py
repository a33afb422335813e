"""Whether a reading says only what the text says: each number, unit, form, route, day and meal of it is in the text.

The words are this module's own list, not the parser's terms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from medtime_backend.prescriptions.records import Medication, Step
from medtime_backend.prescriptions.timings import Every, Schedule, TimesPer, Weekdays

NUMBERS = {
    1: "one once a an un una uno qd od daily every each cada al diari sid qam qpm qhs nightly weekly monthly everyday"
    " qweek qw qmo q d del per",
    2: "tercer alternos two twice dos bid bd other alternate",
    3: "three thrice tres tid tds tiw",
    4: "four cuatro qid qds qiw",
    5: "five cinco",
    6: "six seis",
    7: "seven siete",
    8: "eight ocho",
    9: "nine nueve",
    10: "ten diez",
    12: "twelve doce",
    14: "fourteen",
    15: "quince",
    20: "twenty",
    30: "thirty treinta",
    0: "no",
}
HALF = ("half", "media", "medio", "½")
STEMS = {
    "tablet": "tab tb comp gragea caplet odt",
    "pill": "pill pastill",
    "capsule": "cap cáp cps perla softgel",
    "puff": "puff inh disparo",
    "drop": "drop gtt gota gts",
    "mL": "ml mil cc",
    "mg": "mg mil rng",
    "g": "g",
    "ug": "mcg ug µg μg micro",
    "IU": "iu ui ul int u",
    "unit": "u",
    "percent": "%",
    "vial": "vial",
    "spray": "spray",
    "application": "app aplic",
    "click": "click pump",
    "oz": "oz oun",
    "oral": "po mouth oral vo os p.o",
    "sublingual": "sl sub tongue lengua",
    "topical": "top skin affected piel zona área untar",
    "ophthalmic": "opht eye ojo oft ou od os",
    "otic": "otic ear oíd oid",
    "nasal": "nas nos",
    "inhalation": "inh puff neb",
    "subcutaneous": "sc sub sq",
    "intramuscular": "im intram",
    "intravenous": "iv intrav",
    "rectal": "pr rect",
    "ampoule": "amp",
    "sachet": "sach sobre",
    "ovule": "óvulo",
    "suppository": "sup",
    "cream": "crem",
    "syrup": "syr jar",
    "orally disintegrating tablet": "odt",
    "transdermal": "transd",
    "hour": "h",
    "day": "d día",
    "week": "w sem",
    "month": "mo mes",
    "year": "y año",
    "night": "n",
    "mon": "mon lun l",
    "tue": "tue mar",
    "wed": "wed mi x",
    "thu": "thu jue j",
    "fri": "fri vie v",
    "sat": "sat sáb s",
    "sun": "sun dom d",
    "breakfast": "break desay",
    "lunch": "lunch almu",
    "dinner": "dinner supper evening cena",
    "every": "meal comid aliment ac pc",
    "before": "before antes prior ac",
    "after": "after desp pc",
    "with": "with con at en",
    "bedtime": "bed hs qhs dorm acost",
    "empty stomach": "empty ayun estómago",
    "morning": "mor am mañ",
    "noon": "noon med",
    "afternoon": "after tarde",
    "evening": "even pm",
    "night time": "night noche",
    "teaspoon": "tsp tea cdta cucharadita",
    "tablespoon": "tbsp cda tablesp cuchar",
}


def unsaid(medication: Medication) -> list[str]:
    """What the medication says and its text does not."""
    text = medication.raw.lower()
    text += " " + re.sub(r"(?<=[a-z])\.(?=[a-z])", "", text)
    text += " ".join(repair.taken for repair in medication.repairs)
    numbers, words = numbers_in(text), " ".join(re.findall(r"[^\W\d]+|%", text))
    found = [f"number {number}" for number in stated_numbers(medication) if number not in numbers]
    for word in stated_words(medication):
        stems = (STEMS.get(word) or word[:4]).split()
        if not any(stem in words or stem in text for stem in stems):
            found.append(f"word {word}")
    return found


def numbers_in(text: str) -> set[Decimal]:
    """All numbers that a reader could find: digits in any grouping, fractions, words."""
    found = {Decimal(number) for number, words in NUMBERS.items() if any(word in text for word in words.split())}
    for match in re.findall(r"\d[\d.,' ]*", text):
        for variant in (match.replace(",", "."), re.sub(r"[,' ]", "", match), *re.split(r"[ ,']", match)):
            if re.fullmatch(r"\d+(\.\d+)?\.?", variant.strip()):
                found.add(Decimal(variant.strip().rstrip(".")))
    for above, below in re.findall(r"(\d+)/(\d+)", text):
        if int(below):
            found.add(Decimal(str(round(float(Fraction(int(above), int(below))), 3))))
    for sign in text:
        if unicodedata.category(sign) == "No":
            found.add(Decimal(str(round(unicodedata.numeric(sign), 3))))
    if any(word in text for word in HALF):
        found.add(Decimal("0.5"))
    parts = [one for one in found if one != int(one)]
    return found | {whole + part for whole in found for part in parts} | {Decimal(0)}


def parts_of(medication: Medication) -> list[Medication | Step]:
    return [medication, *medication.steps]


def stated_numbers(medication: Medication) -> Iterator[Decimal]:
    """Every number of the reading that is not implied."""
    for part in parts_of(medication):
        if part.strength:
            yield from (value.amount for value in part.strength.values)
            if part.strength.per and part.strength.per.amount != 1:
                yield part.strength.per.amount
        if part.dose:
            yield from (part.dose.low, part.dose.high)
            yield from (one.amount for one in (part.dose.each, part.dose.total) if one)
        match part.frequency:
            case Every(low=low, high=high):
                yield from (low, high)
            case TimesPer(low=low, high=high, period=period, implied=False):
                yield from (low, high, *([period] if period != 1 else []))
            case Schedule(doses=doses):
                yield from doses
        if part.duration and part.duration.low is not None and part.duration.high is not None:
            yield from (part.duration.low, part.duration.high)
        yield from (meal.minutes for meal in part.meals if meal.minutes is not None and meal.minutes % 60)
    yield from (one.amount for one in (medication.maximum, medication.quantity) if one)
    if medication.refills is not None:
        yield Decimal(medication.refills)


def stated_words(medication: Medication) -> Iterator[str]:
    """Every unit, form, route, day, time and meal of the reading."""
    for part in parts_of(medication):
        if part.strength:
            yield from (value.unit for value in part.strength.values)
        if part.dose and part.dose.unit:
            yield part.dose.unit
        yield from words_of_time(part)
        for meal in part.meals:
            yield from (word for word in (meal.relation, meal.meal) if word)
    yield from (word for word in (medication.route, medication.form) if word)


def words_of_time(part: Medication | Step) -> Iterator[str]:
    """Units, days and times of day; of a range of days only the ends are written."""
    match part.frequency:
        case Every(unit=unit):
            yield unit
        case Weekdays(days=days):
            yield from days if len(days) < 5 else (days[0], days[-1])
    if part.duration and part.duration.unit:
        yield part.duration.unit
    yield from ("night time" if one == "night" else one for one in part.times if one.isalpha())


def reasons(medication: Medication) -> Iterator[str]:
    """What it says of why, which must stand in the text as it is."""
    yield from (part.reason for part in parts_of(medication) if part.reason)
