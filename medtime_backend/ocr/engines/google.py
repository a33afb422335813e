"""Google Cloud Vision, images:annotate of its REST API v1, with a service account's self-signed token (AIP-4111)."""

import base64
import time
from typing import Final, Self

import jwt
import msgspec
from PIL.Image import Image

from medtime_backend.ocr.engines.engine import EngineUnavailableError, ImageRefusedError, Line
from medtime_backend.ocr.engines.google_answer import GoogleAnswer, Text, lines_of
from medtime_backend.ocr.engines.remote import Connection, Wire, jpeg_of
from medtime_backend.ocr.engines.retries import PassingError, retried

ADDRESS: Final = "https://vision.googleapis.com"
PATH: Final = "/v1/images:annotate"
AUDIENCE: Final = "https://vision.googleapis.com/"
TOKEN_SECONDS: Final = 600
INVALID_ARGUMENT: Final = 3
"""google.rpc.Code of 'Bad image data', inside an HTTP 200 (O8)."""
PASSING_CODES: Final = frozenset({4, 8, 13, 14})
"""DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE."""
OK: Final = 200


class ServiceAccount(msgspec.Struct, frozen=True):
    """What is needed of a service account's key file."""

    client_email: str
    private_key: str
    private_key_id: str


class GoogleEngine:
    """Reads through Cloud Vision."""

    def __init__(self, account: ServiceAccount, url: str) -> None:
        self._account = account
        self._url = (url.rstrip("/") or ADDRESS) + PATH
        self._wire = Wire()

    @classmethod
    def open(cls, credentials: bytes, url: str) -> Self:
        """With a service account's key file. Raises ValueError for one that is none."""
        try:
            engine = cls(msgspec.json.decode(credentials, type=ServiceAccount), url)
            engine._token()
        except (msgspec.MsgspecError, jwt.PyJWTError, TypeError):
            raise ValueError("no key file of a service account") from None
        return engine

    def read(self, image: Image, deadline: float) -> list[Line]:
        """The lines of an image. Raises EngineUnavailableError and ImageRefusedError."""
        asked = {
            "image": {"content": base64.b64encode(jpeg_of(image)).decode()},
            "features": [{"type": "DOCUMENT_TEXT_DETECTION"}],
            "imageContext": {"languageHints": ["es", "en"]},
        }
        body = msgspec.json.encode({"requests": [asked]})
        with self._wire.open() as connection:
            return retried(lambda: self._attempt(connection, body, deadline), deadline)

    def _attempt(self, connection: Connection, body: bytes, deadline: float) -> list[Line]:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        answer = connection.post(self._url, body, headers, deadline)
        if answer.status != OK:
            raise EngineUnavailableError
        try:
            (found,) = msgspec.json.decode(answer.body, type=GoogleAnswer).responses
        except (msgspec.MsgspecError, ValueError):
            raise EngineUnavailableError from None
        if found.error is not None and found.error.code:
            if found.error.code == INVALID_ARGUMENT:
                raise ImageRefusedError
            raise PassingError if found.error.code in PASSING_CODES else EngineUnavailableError
        return lines_of(found.full_text_annotation or Text())

    def _token(self) -> str:
        now = int(time.time())
        account = self._account
        claims = {"iss": account.client_email, "sub": account.client_email, "aud": AUDIENCE}
        return jwt.encode(
            {**claims, "iat": now, "exp": now + TOKEN_SECONDS},
            account.private_key,
            "RS256",
            headers={"kid": account.private_key_id},
        )
