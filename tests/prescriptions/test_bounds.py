"""Any text: no exception, bounded work, nothing lost, no file, no network, the same every time."""

import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark.parsers.lalr_interactive_parser import InteractiveParser

from medtime_backend.prescriptions import Prescription, TextLine, read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.prescriptions.lines import MOST_CHARACTERS, regular
from medtime_backend.prescriptions.shipped_names import shipped_drug_names
from tests.documents.markdown import ROOT
from tests.prescriptions.faithful import unsaid

DRUGS: DrugIndex = shipped_drug_names()
WORDS = (
    "1",
    "2.5",
    "½",
    "tab",
    "tableta",
    "mg",
    "mL",
    "c/8",
    "cada",
    "q",
    "6",
    "h",
    "horas",
    "-",
    "/",
    "por",
    "x",
    "7",
    "días",
    "PRN",
    "dolor",
    "Metformina",
    "xyzzy",
    "1-0-1",
    "luego",
    "then",
    "y",
    "bid",
    "po",
    "si",
    "max",
    "#",
    "(",
    ")",
    ".",
    ",",
    "\n",
    "Rx:",
    "l",
    "O",
    "{",
    "UI",
    "100 000",
    "a",
    "L-X-V",
    "antes de",
    "con",
    "no",
    "of",
    "=",
    "mdd",
)
MOST_STEPS = 60
"""Steps of the grammar for each character."""


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)))
def test_no_text_is_too_much_and_nothing_is_lost(text: str) -> None:
    read = read_prescription(text, DRUGS)
    assert msgspec.json.decode(msgspec.json.encode(read), type=Prescription) == read
    kept = "".join(one.raw for one in read.medications) + "".join(read.unread)
    if text.isprintable():
        assert all(word in kept for word in regular(text).split())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([one for one in WORDS if one not in {"l", "O", "{"}]), max_size=20).map(" ".join))
def test_no_text_is_read_as_what_it_does_not_say(text: str) -> None:
    for medication in read_prescription(text, DRUGS).medications:
        assert not unsaid(medication), medication


def hostile() -> dict[str, str]:
    chance = random.Random(1)  # noqa: S311 - no secret
    return {
        "words": " ".join(chance.choice(WORDS) for _ in range(40_000)),
        "one line": "1-" * 50_000,
        "one number": "9" * 100_000,
        "lines": "1\n" * 50_000,
        "points": "a." * 50_000,
        "fractions": "1/2 " * 25_000,
        "glued": "bidprn" * 17_000,
        "names": "metformina " * 9_000,
        "marks": "e\u0301" * 50_000,
    }


@pytest.mark.parametrize("name", hostile())
def test_work_is_bounded_by_the_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0
    feed = InteractiveParser.feed_token

    def counted(parser: InteractiveParser, token: object) -> object:
        nonlocal steps
        steps += 1
        return feed(parser, token)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(InteractiveParser, "feed_token", counted)
    read = read_prescription(hostile()[name], DRUGS)
    assert steps < MOST_STEPS * MOST_CHARACTERS
    assert read.unread


def test_the_bound_holds_for_all_lines_together() -> None:
    read = read_prescription([TextLine("Losartán 50 mg 1-0-1", 1.0)] * 5_000, DRUGS)
    assert len(read.medications) <= MOST_CHARACTERS // 20


def test_no_confidence_is_out_of_range() -> None:
    for given_confidence in (-1.0, 2.0, float("nan")):
        read = read_prescription([TextLine("Losartán 50 mg 1-0-1", given_confidence)], DRUGS)
        assert 0 <= read.medications[0].confidence <= 1


PROGRAM = """
import sys
def hook(event, arguments):
    if event == "open" and len(arguments) > 2 and isinstance(arguments[2], int) and arguments[2] & 3:
        raise SystemExit(f"opened for writing: {arguments[0]}")
    if event.startswith(("socket.", "subprocess.", "os.system")):
        raise SystemExit(event)
sys.dont_write_bytecode = True
sys.addaudithook(hook)
import msgspec
from medtime_backend.prescriptions import read_prescription
from medtime_backend.prescriptions.shipped_names import shipped_drug_names
text = sys.stdin.read()
loaded = {"asyncpg", "litestar", "httpx", "redis", "sqlite3"} & set(sys.modules)
assert not loaded, loaded
sys.stdout.write(msgspec.json.encode(read_prescription(text, shipped_drug_names())).decode())
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_process_of_its_own_needs_no_file_no_network_and_says_the_same(seed: str, tmp_path: Path) -> None:
    text = "Rx: Metformina 850 mg tab\nTomar 1 tab c/12 h x 30 días\nIosartan 50 mg 1-0-1 PRN dolor\nxyzzy"
    done = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-c", PROGRAM],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(done.stdout, type=Prescription) == read_prescription(text, DRUGS)
