"""What the embedded engine makes of the shared images: wrong characters, and pages that lie on their side (O3)."""

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.ocr import TARGETS, edits
from medtime_backend.ocr.key_ring import KeyPair
from medtime_backend.ocr.parent_process import ParentProcess
from tests.ocr.one_worker import worker_of
from tests.ocr.pictures import TEXT, encoded, page

pytestmark = pytest.mark.xdist_group("ocr")

SHARED = os.environ.get("MEDTIME_SHARED_DATA")


@pytest.mark.skipif(not SHARED, reason="MEDTIME_SHARED_DATA does not name the directory of the images")
def test_wrong_characters(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    folder = Path(str(SHARED)) / "prescriptions" / "images"
    truth = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
    for kind, most in TARGETS.items():
        wrong = length = 0
        for name, meant in truth.items():
            if meant["kind"] == kind:
                with worker_of(parent) as worker:
                    _, answer = worker.ask(pairs[0], (folder / name).read_bytes())
                text = "\n".join(line.strip() for line in meant["text"].splitlines())
                wrong += edits("\n".join(line["text"] for line in answer["lines"]), text)
                length += len(text)
        assert 100 * wrong / length <= most, kind


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_o3_a_turned_page_is_read(parent: ParentProcess, pairs: tuple[KeyPair, ...], turned: int) -> None:
    with worker_of(parent) as worker:
        _, answer = worker.ask(pairs[0], encoded(page(*TEXT, "Losartan 50 mg", turned=turned)))
    assert [line["text"] for line in answer["lines"]] == [*TEXT, "Losartan 50 mg"]


def test_o3_a_photo_with_its_orientation_beside_it_is_read(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with worker_of(parent) as worker:
        _, answer = worker.ask(pairs[0], encoded(page(turned=90), "JPEG", exif=exif, quality=95))
    assert [line["text"] for line in answer["lines"]] == list(TEXT)
