"""Which engines there are, told without loading any."""

from typing import Final, Literal

import msgspec

EngineName = Literal["rapidocr", "google", "aws"]


class EngineFacts(msgspec.Struct, frozen=True):
    """What is told of an engine: who makes it, and whether images leave the server for it."""

    maker: str
    leaves_server: bool


ENGINES: Final[dict[EngineName, EngineFacts]] = {
    "rapidocr": EngineFacts("RapidOCR, on this server", leaves_server=False),
    "google": EngineFacts("Google Cloud Vision", leaves_server=True),
    "aws": EngineFacts("Amazon Textract", leaves_server=True),
}
"""Every engine by the name that MEDTIME_OCR_ENGINE has for it."""
