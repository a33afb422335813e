"""Amazon Textract, DetectDocumentText of its JSON API."""

import base64
from datetime import UTC, datetime
from typing import Final, Self

import msgspec
from PIL.Image import Image

from medtime_backend.ocr.engines.engine import EngineUnavailableError, ImageRefusedError, Line
from medtime_backend.ocr.engines.reading_order import CORNERS, Corners, in_order_if_placed
from medtime_backend.ocr.engines.remote import Answer, Wire, jpeg_of
from medtime_backend.ocr.engines.retries import PassingError, retried
from medtime_backend.ocr.engines.sigv4 import AwsCredentials, signed

SERVICE: Final = "textract"
HEADERS: Final = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Textract.DetectDocumentText"}
PASSING: Final = frozenset(
    {"ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError", "ServiceUnavailable"}
)
REFUSED: Final = frozenset({"BadDocumentException", "UnsupportedDocumentException", "DocumentTooLargeException"})
OK: Final = 200


class _Point(msgspec.Struct, frozen=True, rename="pascal"):
    x: float
    y: float


class _Geometry(msgspec.Struct, frozen=True, rename="pascal"):
    polygon: tuple[_Point, ...] = ()


class _Block(msgspec.Struct, frozen=True, rename="pascal"):
    block_type: str
    geometry: _Geometry = _Geometry()
    text: str = ""
    confidence: float = 0.0


class _Answer(msgspec.Struct, frozen=True, rename="pascal"):
    blocks: tuple[_Block, ...]


class _Fault(msgspec.Struct, frozen=True):
    type: str = msgspec.field(name="__type", default="")


class TextractEngine:
    """Reads through Textract."""

    def __init__(self, credentials: AwsCredentials, url: str) -> None:
        self._credentials = credentials
        self._url = (url.rstrip("/") or f"https://textract.{credentials.region}.amazonaws.com") + "/"
        self._wire = Wire()

    @classmethod
    def open(cls, credentials: bytes, url: str) -> Self:
        """With keys and region as JSON. Raises ValueError for what is none."""
        try:
            return cls(msgspec.json.decode(credentials, type=AwsCredentials), url)
        except msgspec.MsgspecError:
            raise ValueError("no keys and region of AWS") from None

    def read(self, image: Image, deadline: float) -> list[Line]:
        """The lines of an image. Raises EngineUnavailableError and ImageRefusedError."""
        body = msgspec.json.encode({"Document": {"Bytes": base64.b64encode(jpeg_of(image)).decode()}})

        with self._wire.open() as connection:

            def attempt() -> list[Line]:
                headers = signed(self._credentials, SERVICE, self._url, body, HEADERS, datetime.now(UTC))
                return lines_of(connection.post(self._url, body, headers, deadline), image.size)

            return retried(attempt, deadline)


def lines_of(answer: Answer, size: tuple[int, int]) -> list[Line]:
    """The lines of an answer in reading order; `size` is the image's, of which Textract tells shares.

    By its `__type` raises PassingError, ImageRefusedError or EngineUnavailableError (O9).
    """
    try:
        if answer.status == OK:
            blocks = msgspec.json.decode(answer.body, type=_Answer).blocks
            found = [block for block in blocks if block.block_type == "LINE" and block.text.strip()]
            return in_order_if_placed(
                [(_corners_of(block, size), Line(block.text.strip(), block.confidence / 100)) for block in found]
            )
        kind = msgspec.json.decode(answer.body, type=_Fault).type.rpartition("#")[2]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise EngineUnavailableError from None
    if kind in PASSING:
        raise PassingError
    raise ImageRefusedError if kind in REFUSED else EngineUnavailableError


def _corners_of(block: _Block, size: tuple[int, int]) -> Corners | None:
    polygon = block.geometry.polygon
    return [(at.x * size[0], at.y * size[1]) for at in polygon] if len(polygon) == CORNERS else None
