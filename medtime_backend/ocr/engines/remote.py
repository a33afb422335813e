"""What engines elsewhere share: a bounded JPEG out, a bounded answer in, over a connection that all tries use."""

import io
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import httpx
from PIL.Image import Image

from medtime_backend.ocr.engines.engine import EngineUnavailableError
from medtime_backend.ocr.engines.retries import PassingError, seconds_asked

LARGEST_JPEG: Final = 7 * 1024 * 1024
"""As base64 in JSON it stays below the 10 MB that both engines take (O16)."""
LARGEST_ANSWER: Final = 16 * 1024 * 1024
QUALITIES: Final = (90, 75, 60)
TRY_SECONDS: Final = 10.0
RETRYABLE_STATUSES: Final = frozenset({429, 500, 502, 503, 504})


class Answer:
    """Status and body of an engine's answer."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


class Wire:
    """The way to one engine. Each worker opens a connection of its own."""

    def __init__(self) -> None:
        # Made in the warmed parent, where loading the authorities' certificates costs nobody anything.
        self._authorities = httpx.create_ssl_context(trust_env=False)

    @contextmanager
    def open(self) -> Iterator["Connection"]:
        """A connection for all tries of one image; made at the first, kept while the engine keeps it."""
        with httpx.Client(verify=self._authorities, trust_env=False, follow_redirects=False) as http:
            yield Connection(http)


class Connection:
    """A connection to an engine."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

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
            raise PassingError(seconds_asked(response.headers.get("retry-after", "")))
        return Answer(response.status_code, bytes(received))


def jpeg_of(image: Image) -> bytes:
    """The image as a JPEG of at most LARGEST_JPEG, without metadata."""
    for quality in QUALITIES:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        if file.tell() <= LARGEST_JPEG:
            break
    return file.getvalue()
