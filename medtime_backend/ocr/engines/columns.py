"""Columns of running text, told from tables: of both the boxes stand side by side, but a table is read by rows.

A table's drug and dose must stay together, so what may be one is taken for one. Widths are counted in the height of a
line, about twice that of a letter.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from medtime_backend.ocr.engines.engine import Line

SAME_LINE: Final = 0.5
"""Boxes are of one row when their middles are nearer than this share of their height."""
FEWEST: Final = 3
"""Lines that each column has."""
GUTTER: Final = 1.0
"""The width between two columns."""
RUNNING: Final = 8.0
"""The width of a usual line of running text: cells, labels and numbers are shorter."""
FILLED: Final = 0.85
"""From this share of a column's width on, a line fills it."""
MOST: Final = 0.5
"""The share of lines from which on they are the rule."""


class Box(NamedTuple):
    """A line's place on a page that has no slope, and the line."""

    left: float
    right: float
    middle: float
    height: float
    line: Line


def parts_of(boxes: Sequence[Box]) -> list[list[Box]]:
    """The boxes in parts that are read one after the other, each by rows."""
    best: list[list[Box]] = []
    most = 0
    for gutter in sorted({box.left for box in boxes}):
        parts, inside = _split(boxes, gutter)
        if inside > most:
            best, most = parts, inside
    # A column may be of columns itself.
    return [finer for part in best for finer in parts_of(part)] if most else [list(boxes)]


def _split(boxes: Sequence[Box], gutter: float) -> tuple[list[list[Box]], int]:
    """The parts when columns are parted at this place, and how many boxes are in columns."""
    through = [box for box in boxes if box.left < gutter < box.right]
    if min(sum(box.right <= gutter for box in boxes), sum(box.left >= gutter for box in boxes)) < FEWEST:
        return [], 0
    # What stands in one row with a box that goes across the place is no column's either.
    across: list[Box] = []
    within: list[Box] = []
    for box in boxes:
        (across if any(_side_by_side(box, other) for other in through) else within).append(box)
    parts: list[list[Box]] = [[]]
    inside = 0
    edges = sorted({box.middle for box in across})
    for above, below in pairwise((-math.inf, *edges, math.inf)):
        parts[-1] += [box for box in across if box.middle == above]
        band = [box for box in within if above <= box.middle < below]
        left = [box for box in band if box.right <= gutter]
        right = [box for box in band if box.left >= gutter]
        if _are_columns(left, right):
            parts += [left, right, []]
            inside += len(band)
        else:
            parts[-1] += band
    return [part for part in parts if part], inside


def _are_columns(left: Sequence[Box], right: Sequence[Box]) -> bool:
    if min(len(left), len(right)) < FEWEST:
        return False
    height = median(box.height for box in (*left, *right))
    if min(box.left for box in right) - max(box.right for box in left) < GUTTER * height:
        return False
    if any(median(box.right - box.left for box in side) < RUNNING * height for side in (left, right)):
        return False
    fewer, others = sorted((left, right), key=len)
    level = sum(any(_side_by_side(box, other) for other in others) for box in fewer)
    top, bottom = min(box.middle for box in right) - height, max(box.middle for box in right) + height
    return level < MOST * len(fewer) or _is_filled([box for box in left if top < box.middle < bottom])


def _is_filled(column: Sequence[Box]) -> bool:
    """Whether most lines are as wide as the column, as those of a paragraph are; the cells of a table are not."""
    if len(column) < FEWEST:
        return False
    start, end = min(box.left for box in column), max(box.right for box in column)
    full = sum(box.right >= start + FILLED * (end - start) for box in column)
    return full > MOST * len(column)


def _side_by_side(one: Box, other: Box) -> bool:
    return abs(one.middle - other.middle) < SAME_LINE * min(one.height, other.height)
