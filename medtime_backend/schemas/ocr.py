"""Answers of /ocr. What comes sealed is described in docs/protocol.md."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Moment = Annotated[str, Meta(description="RFC 3339 date-time in UTC")]


class SealingKey(Struct, frozen=True):
    """A public key to seal images to. `public_key` is standard base64."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
    suite: Literal["x25519-hkdf-sha256-aes-256-gcm", "mlkem768-x25519-hkdf-sha256-aes-256-gcm"]
    public_key: str
    published_until: Moment
    accepted_until: Moment


class OcrEngine(Struct, frozen=True):
    """Who reads the image, and whether it leaves the server for that: then the app asks its user first."""

    name: Literal["rapidocr", "google", "aws"]
    maker: str
    leaves_server: bool


class KeysAnswer(Struct, frozen=True):
    """What a client must know before it seals an image; sizes are bytes, times seconds."""

    keys: list[SealingKey]
    engine: OcrEngine
    image_bytes: int
    image_pixels: int
    formats: list[str]
    seconds: int
    retention: int
