"""What an engine is, and what it can fail with."""

from typing import Protocol

import msgspec
from PIL.Image import Image


class Line(msgspec.Struct, frozen=True):
    """A line as it was read, from the top of the page; `confidence` is 0 to 1."""

    text: str
    confidence: float


class EngineUnavailableError(Exception):
    """The engine is away, slow, over its quota, or answers nonsense: it may work later."""


class ImageRefusedError(Exception):
    """The engine cannot read this image, now or later."""


class Engine(Protocol):
    """Reads the text of an upright RGB image."""

    def read(self, image: Image, deadline: float) -> list[Line]:
        """The lines from top to bottom, within `time.monotonic()` < deadline.

        Raises EngineUnavailableError and ImageRefusedError.
        """
