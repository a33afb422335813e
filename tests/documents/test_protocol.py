"""The examples of the protocol page are true: they fit the schemas, open, and add up."""

import hashlib
import json
from typing import Any
from uuid import UUID

import msgspec
import pytest

from medtime_backend import errors, vector_clock
from medtime_backend.client import Reading
from medtime_backend.envelope import associated_data, open_
from medtime_backend.integrity import TOMBSTONE_CHECKSUM, checksum_of, digest_of
from medtime_backend.prescriptions import TextLine, read_prescription
from medtime_backend.prescriptions.drug_names import DrugIndex
from medtime_backend.schemas import sync
from medtime_backend.schemas.ocr import KeysAnswer
from medtime_backend.schemas.problem import ProblemBody
from tests.documents.markdown import ROOT, marked_blocks, read, rows

PAGE = read("docs/protocol.md")
BLOCKS = marked_blocks(PAGE)
VECTORS = json.loads((ROOT / "docs/envelope_vectors.json").read_bytes())


def block(marker: str) -> str:
    (content,) = (content for name, content in BLOCKS if name == marker)
    return content


def contains(whole: Any, part: Any) -> bool:
    """Whether everything of `part` is in `whole`, which may have more members (defaults)."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and contains(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize("name", ["PushRequest", "PushAnswer", "PullAnswer", "StatusAnswer"])
def test_an_example_fits_its_schema(name: str) -> None:
    text = block(name)
    value = msgspec.json.decode(text, type=getattr(sync, name))
    # A member that the schema does not know would be lost on the way back.
    assert contains(msgspec.json.decode(msgspec.json.encode(value)), json.loads(text))


@pytest.mark.parametrize(("name", "kind"), [("KeysAnswer", KeysAnswer), ("Reading", Reading)])
def test_an_example_of_ocr_fits_its_schema(name: str, kind: type) -> None:
    text = block(name)
    value = msgspec.json.decode(text, type=kind)
    assert contains(msgspec.json.decode(msgspec.json.encode(value)), json.loads(text))


def test_the_shown_reading_is_what_the_parser_reads() -> None:
    shown = msgspec.json.decode(block("Reading"), type=Reading)
    names = DrugIndex.from_pairs([("Metformina", "rxnorm:6809")])
    read = read_prescription([TextLine(line.text, line.confidence) for line in shown.lines], names)
    assert json.loads(msgspec.json.encode(read)) == json.loads(block("Reading"))["prescription"]


@pytest.mark.parametrize("text", [text for name, text in BLOCKS if name.startswith("Problem")])
def test_a_problem_is_as_declared(text: str) -> None:
    msgspec.json.decode(text, type=ProblemBody)
    shown = json.loads(text)
    problem = errors.PROBLEMS[shown["type"].removeprefix(errors.PROBLEM_BASE)]
    assert (shown["title"], shown["detail"], shown["status"], shown["retryable"]) == (
        problem.title,
        problem.advice,
        problem.status,
        problem.retryable,
    )


def test_every_json_example_is_marked() -> None:
    assert PAGE.count("```json") == len([name for name, _ in BLOCKS if not name.startswith("digest")])


def test_the_pushed_example_is_stored_as_it_says() -> None:
    pushed = msgspec.json.decode(block("PushRequest"), type=sync.PushRequest)
    pulled = msgspec.json.decode(block("PullAnswer"), type=sync.PullAnswer)
    (same,) = pulled.entities
    assert (pushed.entities[0].blob, pushed.entities[0].checksum) == (same.blob, same.checksum)
    assert (checksum_of(same.blob), len(same.blob)) == (same.checksum, same.blob_size)


def test_the_clock_of_the_examples_is_one() -> None:
    status = msgspec.json.decode(block("StatusAnswer"), type=sync.StatusAnswer)
    clock = vector_clock.read(status.clock)
    assert (clock.epoch, clock.owner) == (status.epoch, status.owner)
    assert clock.counters == {device.device_id: device.sync_version for device in status.devices}


def test_the_shown_vector_opens() -> None:
    shown = {name: value.strip("`") for name, value in rows(PAGE, "", "")}
    (vector,) = (one for one in VECTORS["aes_256_gcm"] if one["name"] == "a small JSON document")
    for name in ("key", "nonce", "owner", "entity_id", "entity_type", "blob", "checksum"):
        assert shown[name] == vector[name]
    place = associated_data(shown["owner"], shown["entity_id"], shown["entity_type"])
    opened = open_(bytes.fromhex(shown["key"]), bytes.fromhex(shown["blob"]), place)
    assert opened.decode() == shown["plaintext (UTF-8)"]
    assert checksum_of(bytes.fromhex(shown["blob"])) == shown["checksum"]
    assert TOMBSTONE_CHECKSUM in PAGE


def test_the_digest_example_adds_up() -> None:
    strings = block("digest strings").split()
    *hashes, digest = block("digest hashes").split()
    assert [hashlib.sha256(string.encode()).hexdigest() for string in strings] == hashes
    states = {UUID(id_): (int(version), checksum) for id_, version, checksum in (one.split(":") for one in strings)}
    assert digest == digest_of(states)


def test_every_conflict_reason_is_explained() -> None:
    explained = {row[0].strip("`") for row in rows(PAGE, "reason", "what happened", "what to do")}
    assert explained == {"stale", "exists", "deleted", "unknown", "ahead"}
    for reason in explained:
        assert reason in str(errors.VersionConflict.__doc__)


def test_every_resync_reason_is_explained() -> None:
    explained = {row[0].strip("`") for row in rows(PAGE, "reason", "meaning")}
    assert explained == {"purged", "epoch", "foreign", "unreadable"}
    for reason in explained:
        assert reason in str(errors.ResyncRequired.__doc__)


def test_every_status_of_a_problem_is_in_the_table_of_answers() -> None:
    answers = " ".join(row[0] for row in rows(PAGE, "answer", "to", "do"))
    for problem in errors.PROBLEMS.values():
        assert str(problem.status) in answers, problem.slug
