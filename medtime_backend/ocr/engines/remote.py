"""What engines elsewhere share: a bounded JPEG out, a bounded answer in, retries within the time of a request."""

import io
import random
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import httpx
from PIL.Image import Image

from medtime_backend.ocr.engines.engine import EngineUnavailableError

LARGEST_JPEG: Final = 7 * 1024 * 1024
"""As base64 in JSON it stays below the 10 MB that both engines take (O16)."""
LARGEST_ANSWER: Final = 16 * 1024 * 1024
QUALITIES: Final = (90, 75, 60)
TRY_SECONDS: Final = 10.0
FIRST_DELAY: Final = 0.25
RETRYABLE_STATUSES: Final = frozenset({429, 500, 502, 503, 504})


Found = TypeVar("Found")


class PassingError(Exception):
    """The engine could not do it now, but may in a moment."""


class Answer:
    """Status and body of an engine's answer."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


class Wire:
    """Kept connections to one engine, which each worker opens for itself."""

    def __init__(self) -> None:
        # Made in the warmed parent, where loading the authorities' certificates costs nobody anything.
        self._http = httpx.Client(trust_env=False, follow_redirects=False)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], deadline: float) -> Answer:
        """One try. Raises PassingError, and EngineUnavailableError for an answer without end."""
        left = deadline - time.monotonic()
        try:
            sent = self._http.stream(
                "POST", url, content=body, headers=headers, timeout=max(0.1, min(TRY_SECONDS, left))
            )
            with sent as response:
                received = bytearray()
                for chunk in response.iter_bytes():
                    received += chunk
                    if len(received) > LARGEST_ANSWER or time.monotonic() > deadline:
                        raise EngineUnavailableError
        except httpx.HTTPError:
            raise PassingError from None
        if response.status_code in RETRYABLE_STATUSES:
            raise PassingError
        return Answer(response.status_code, bytes(received))


def jpeg_of(image: Image) -> bytes:
    """The image as a JPEG of at most LARGEST_JPEG, without metadata."""
    for quality in QUALITIES:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        if file.tell() <= LARGEST_JPEG:
            break
    return file.getvalue()


def retried(attempt: Callable[[], Found], deadline: float) -> Found:
    """What an attempt gives, tried again after a growing delay. Raises EngineUnavailableError at the deadline."""
    delay = FIRST_DELAY
    while True:
        try:
            return attempt()
        except PassingError:
            if time.monotonic() + delay >= deadline:
                raise EngineUnavailableError from None
        time.sleep(delay * (1 + random.random()))  # noqa: S311 - only so that many do not come back at once
        delay *= 2
