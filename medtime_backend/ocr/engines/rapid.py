"""RapidOCR with the models of its own package: nothing is fetched, nothing leaves this process."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from rapidocr import RapidOCR

from medtime_backend.ocr.engines.engine import Line
from medtime_backend.ocr.engines.reading_order import in_order
from medtime_backend.ocr.limits import LONGEST_SIDE

MODELS: Final = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
}
# Finding text is the dear part and needs few pixels; it is read from all of them.
DETECTION_SIDE: Final = 1280
LOWEST_CONFIDENCE: Final = 0.5
# From this shape on, RapidOCR takes a box for one that lies on its side.
TALL: Final = 1.5

Boxes = NDArray[np.float32]
"""Corners of n boxes, clockwise from the text's top left: n of 4 points."""


class RapidEngine:
    """One warmed engine. It starts no thread, so that workers forked from here can use it."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        models = files("rapidocr") / "models"
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": LONGEST_SIDE,
                "Global.text_score": LOWEST_CONFIDENCE,
                "Det.limit_type": "max",
                "Det.limit_side_len": DETECTION_SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                # With a path to each, nothing is looked for elsewhere.
                **{f"{part}.model_path": str(models / name) for part, name in MODELS.items()},
            }
        )
        # Whatever is made at the first use is made here: models, tables, buffers.
        page = np.full((64, 320, 3), 255, np.uint8)
        cv2.putText(page, "Rx 500 mg", (8, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (0, 0, 0), 2)
        self._engine(page)

    def read(self, image: Image, deadline: float) -> list[Line]:  # noqa: ARG002 - the worker's own limits hold it
        """The lines of an image, which may lie on its side or upside down. Only arrays are passed (O4)."""
        # OpenCV's order of colours.
        pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        try:
            return self._lines(pixels)
        finally:
            pixels.fill(0)

    def _lines(self, pixels: NDArray[np.uint8]) -> list[Line]:
        prepared, record = self._engine.preprocess_img(pixels)
        found, sides, read, crops = self._engine.run_ocr_steps(prepared, record)
        try:
            if found.boxes is None or read.txts is None:
                return []
            boxes = np.asarray(found.boxes, np.float32)
            turns = quarter_turns(boxes, [label for label, _ in sides.cls_res or ()])
            if turns:
                upright = np.ascontiguousarray(np.rot90(pixels, turns))
                try:
                    return self._upright_lines(upright)
                finally:
                    upright.fill(0)
            return _placed(boxes, read.txts, read.scores)
        finally:
            for crop in crops:
                crop.fill(0)

    def _upright_lines(self, pixels: NDArray[np.uint8]) -> list[Line]:
        """The lines of a page that is known to be upright: no line is turned by itself any more."""
        found: Any = self._engine(pixels, use_cls=False)
        self._engine.use_cls = True
        return [] if found.boxes is None else _placed(np.asarray(found.boxes, np.float32), found.txts, found.scores)


def quarter_turns(boxes: Boxes, sides: list[str]) -> int:
    """How many quarters to the left the page must be turned to be upright; the side of each line is "0" or "180" (O3).

    RapidOCR turns a tall box a quarter to the left before it looks which way up the text is.
    """
    widths = np.linalg.norm(boxes[:, 0] - boxes[:, 1], axis=1)
    heights = np.linalg.norm(boxes[:, 1] - boxes[:, 2], axis=1)
    on_its_side = int(np.sum(heights >= TALL * widths)) * 2 > len(boxes)
    flipped = sides.count("180") * 2 > len(sides)
    return (1 if on_its_side else 0) + (2 if flipped else 0)


def _placed(boxes: Boxes, texts: Sequence[str], scores: Sequence[float]) -> list[Line]:
    read = zip(boxes, texts, scores, strict=True)
    return in_order([(box, Line(text.strip(), float(score))) for box, text, score in read if _counts(text, score)])


def _counts(text: str, score: float) -> bool:
    return bool(text.strip()) and score >= LOWEST_CONFIDENCE
