"""What Cloud Vision answers, and the lines in it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from medtime_backend.ocr.engines.engine import Line
from medtime_backend.ocr.engines.reading_order import CORNERS, Corners, in_order_if_placed

LINE_BREAKS: Final = frozenset({"EOL_SURE_SPACE", "LINE_BREAK", "HYPHEN"})


class _Break(msgspec.Struct, frozen=True):
    type: str = ""


class _Property(msgspec.Struct, frozen=True, rename="camel"):
    detected_break: _Break | None = None


class _Symbol(msgspec.Struct, frozen=True):
    text: str = ""
    property: _Property | None = None


class _Vertex(msgspec.Struct, frozen=True):
    # What is zero is left out of the JSON.
    x: float = 0.0
    y: float = 0.0


class _Polygon(msgspec.Struct, frozen=True):
    vertices: tuple[_Vertex, ...] = ()


class _Word(msgspec.Struct, frozen=True, rename="camel"):
    bounding_box: _Polygon | None = None
    symbols: tuple[_Symbol, ...] = ()
    confidence: float = 0.0


class _Paragraph(msgspec.Struct, frozen=True):
    words: tuple[_Word, ...] = ()


class _Block(msgspec.Struct, frozen=True):
    paragraphs: tuple[_Paragraph, ...] = ()


class _Page(msgspec.Struct, frozen=True):
    blocks: tuple[_Block, ...] = ()


class Text(msgspec.Struct, frozen=True):
    """The text of an image, by pages, blocks, paragraphs, words and symbols."""

    pages: tuple[_Page, ...] = ()


class _Status(msgspec.Struct, frozen=True):
    code: int = 0


class _Annotation(msgspec.Struct, frozen=True, rename="camel"):
    full_text_annotation: Text | None = None
    error: _Status | None = None


class GoogleAnswer(msgspec.Struct, frozen=True):
    """What images:annotate answers; what else it says is not read."""

    responses: tuple[_Annotation, ...]


def lines_of(text: Text) -> list[Line]:
    """The lines in reading order, as the breaks after symbols make them; a line is as sure as its least sure word."""
    words = [
        word
        for page in text.pages
        for block in page.blocks
        for paragraph in block.paragraphs
        for word in paragraph.words
    ]
    lines: list[tuple[Corners | None, Line]] = []
    written, begun = "", 0
    for number, word in enumerate(words):
        for left, symbol in enumerate(word.symbols, 1 - len(word.symbols)):
            written += symbol.text
            ends = symbol.property.detected_break.type if symbol.property and symbol.property.detected_break else ""
            if ends in LINE_BREAKS:
                lines.append(_line_of(written, words[begun : number + 1]))
                # A word that is parted by a hyphen goes on in the next line.
                written, begun = "", number if left else number + 1
            elif ends:
                written += " "
    if written:
        lines.append(_line_of(written, words[begun:]))
    return in_order_if_placed([(corners, line) for corners, line in lines if line.text])


def _line_of(written: str, words: Sequence[_Word]) -> tuple[Corners | None, Line]:
    """A line, and where it is if its words say so: from the first one's corners at the left to the last one's."""
    line = Line(written.strip(), min((word.confidence for word in words), default=1.0))
    first, last = (word.bounding_box.vertices if word.bounding_box else () for word in (words[0], words[-1]))
    if len(first) != CORNERS or len(last) != CORNERS:
        return None, line
    return [(at.x, at.y) for at in (first[0], last[1], last[2], first[3])], line
