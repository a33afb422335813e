"""Pages as boxes of text: where each line is, also on a page that slopes."""

import math
from collections.abc import Sequence

LETTER = 0.5
"""The width of a letter, as a share of its line's height."""
HEIGHT = 20.0
LEFT = (
    "Metformina 850 mg tabletas: tome",
    "una tableta cada doce horas con",
    "los alimentos, por treinta días.",
    "Losartán 50 mg: una cada noche.",
)
RIGHT = (
    "No suspenda su tratamiento, aun",
    "cuando se sienta mejor. Regrese",
    "dentro de un mes con resultados",
    "de laboratorio. Camine diario.",
)


def corners(x: float, y: float, width: float, height: float, slope: float = 0.0) -> list[tuple[float, float]]:
    """A box at a place, turned about the page's corner by so many degrees."""
    sine, cosine = math.sin(math.radians(slope)), math.cos(math.radians(slope))
    box = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return [(across * cosine - down * sine, across * sine + down * cosine) for across, down in box]


def written(
    texts: Sequence[tuple[float, float, str]], slope: float = 0.0
) -> list[tuple[list[tuple[float, float]], str]]:
    """Texts at (x, y) as lines of HEIGHT, in an order that says nothing."""
    boxes = [(corners(x, y, len(text) * LETTER * HEIGHT, HEIGHT, slope), text) for x, y, text in texts]
    return sorted(boxes, key=lambda box: box[1][::-1])


def column(x: float, y: float, lines: tuple[str, ...], step: float = 26.0) -> list[tuple[float, float, str]]:
    return [(x, y + number * step, text) for number, text in enumerate(lines)]
