"""Which engines there are, told without loading any."""

from typing import Final

import msgspec


class EngineFacts(msgspec.Struct, frozen=True):
    """What is told of an engine: who makes it, and whether images leave the server for it."""

    maker: str
    leaves_server: bool
    needs_credentials: bool


ENGINES: Final = {
    "rapidocr": EngineFacts("RapidOCR, on this server", leaves_server=False, needs_credentials=False),
    "google": EngineFacts("Google Cloud Vision", leaves_server=True, needs_credentials=True),
    "aws": EngineFacts("Amazon Textract", leaves_server=True, needs_credentials=True),
}
"""Every engine by the name that MEDTIME_OCR_ENGINE has for it."""
