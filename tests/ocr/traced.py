"""Run under strace by test_worker: one image through a warmed parent of its own."""

import contextlib
import os
from datetime import UTC, datetime

from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.key_ring import renewed, write_ring
from medtime_backend.ocr.parent_process import ParentProcess
from tests.ocr.one_worker import worker_of
from tests.ocr.pictures import TEXT, encoded, page

pairs = renewed((), datetime.now(UTC))
image = encoded(page(), "JPEG")
with contextlib.suppress(FileNotFoundError):
    os.open("/begins-here", os.O_RDONLY)
parent = ParentProcess.start(
    Preparation(ring=write_ring(pairs).encode(), engine="rapidocr", credentials=b"", url="", drugs=b"[]")
)
with worker_of(parent) as worker:
    outcome, answer = worker.ask(pairs[0], image)
    assert [line["text"] for line in answer["lines"]] == list(TEXT), outcome
parent.end()
