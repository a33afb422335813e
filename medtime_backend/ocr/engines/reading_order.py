"""The order in which a person reads boxes of text: row by row, but running text that is set in columns by column.

Boxes of one row become one line: "Disp: #60 ... Refills: 2" is one, and so is a table's drug with how to take it.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from medtime_backend.ocr.engines.columns import SAME_LINE, Box, parts_of
from medtime_backend.ocr.engines.engine import Line

Corners = Sequence[Sequence[float]]
"""Four points (x, y), clockwise from the text's top left, y downwards; both in one unit."""
CORNERS: Final = 4
STEEPEST: Final = math.radians(20)
"""More than that is no slope of an upright page."""


def in_order(lines: Sequence[tuple[Corners, Line]]) -> list[Line]:
    """The lines as they are read, those of a row joined. A page that slopes is straightened first."""
    slope = _slope_of([corners for corners, _ in lines])
    boxes = [_box_of(corners, slope, line) for corners, line in lines]
    return [_joined(row) for part in parts_of(boxes) for row in _rows_of(part)]


def in_order_if_placed(lines: Sequence[tuple[Corners | None, Line]]) -> list[Line]:
    """The same for an engine that may not say where its lines are: then they stay in its own order."""
    placed = [(corners, line) for corners, line in lines if corners is not None]
    return in_order(placed) if len(placed) == len(lines) else [line for _, line in lines]


def _slope_of(all_corners: Sequence[Corners]) -> float:
    """The angle of the upper edges in radians, as the middle of their length has it: short boxes say little of it."""
    edges = []
    for (left, top), (right, other), *_ in all_corners:
        angle = math.atan2(float(other - top), float(right - left))
        if abs(angle) < STEEPEST:
            edges.append((angle, math.hypot(right - left, other - top)))
    half = sum(length for _, length in edges) / 2
    for angle, length in sorted(edges):
        half -= length
        if half <= 0:
            return angle
    return 0.0


def _box_of(corners: Corners, slope: float, line: Line) -> Box:
    sine, cosine = math.sin(slope), math.cos(slope)
    across = [float(x) * cosine + float(y) * sine for x, y in corners]
    down = [float(y) * cosine - float(x) * sine for x, y in corners]
    return Box(min(across), max(across), sum(down) / len(down), max(down) - min(down), line)


def _rows_of(boxes: Sequence[Box]) -> list[list[Box]]:
    placed = sorted(boxes, key=lambda box: box.middle)
    rows = [placed[:1]]
    for before, this in pairwise(placed):
        if this.middle - before.middle < SAME_LINE * min(before.height, this.height):
            rows[-1].append(this)
        else:
            rows.append([this])
    return [sorted(row, key=lambda box: box.left) for row in rows if row]


def _joined(row: Sequence[Box]) -> Line:
    return Line(" ".join(box.line.text for box in row), min(box.line.confidence for box in row))
