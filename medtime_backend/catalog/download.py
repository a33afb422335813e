"""Fetches a publisher's file: resumed when it breaks off, bounded in size and time, hashed on the way."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, urlsplit

import httpx

from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.reading import Report

ATTEMPTS = 5
PAUSE_SECONDS = 2.0
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
SECONDS = 1800.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PARTIAL, UNSATISFIABLE, SERVER_ERROR = 206, 416, 500


class Download:
    """One file on its way. What is there already is asked for no more, unless the publisher's file has changed."""

    def __init__(
        self, url: str, target: Path, most_bytes: int, *, seconds: float = SECONDS, pause: float = PAUSE_SECONDS
    ) -> None:
        """Check the address. Raises CatalogError when it is not https (or of this machine)."""
        parts = _refuse_plain(url)
        self._url, self._target, self._most, self._pause = url, target, most_bytes, pause
        self._end = time.monotonic() + seconds
        self._seconds = seconds
        self._host = parts.hostname or ""
        # Without user, query and fragment, where keys are.
        self.origin = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        self._hash = hashlib.sha256()
        self._done = 0
        self._tag: str | None = None

    def run(self, report: Report) -> str:
        """Fetch it; return its SHA-256. Raises CatalogError."""
        fault = ""
        hooks = {"request": [lambda request: _refuse_plain(str(request.url))]}
        with httpx.Client(follow_redirects=True, max_redirects=5, timeout=TIMEOUT, event_hooks=hooks) as client:
            for attempt in range(ATTEMPTS):
                if attempt:
                    time.sleep(self._pause * attempt)
                try:
                    self._fetch(client, report)
                except httpx.HTTPStatusError as refused:
                    status = refused.response.status_code
                    fault = f"it answers {status}"
                    if status == UNSATISFIABLE:
                        # It broke off where the file ends, or the file is a shorter one now.
                        self._begin_again()
                    elif status < SERVER_ERROR:
                        break
                # An address that cannot be one is not among the HTTP errors; its text could quote it.
                except (httpx.HTTPError, httpx.InvalidURL) as broken:
                    fault = type(broken).__name__
                else:
                    return self._hash.hexdigest()
        raise CatalogError(f"{self._host} does not give the file ({fault}); nothing has changed.")

    def _fetch(self, client: httpx.Client, report: Report) -> None:
        # Identity: a packed answer could not be resumed, nor its size be told.
        headers = {"Accept-Encoding": "identity"}
        if self._done and self._tag:
            headers |= {"Range": f"bytes={self._done}-", "If-Range": self._tag}
        with client.stream("GET", self._url, headers=headers) as answer:
            answer.raise_for_status()
            if answer.status_code != PARTIAL:
                self._begin_again()
            elif not answer.headers.get("content-range", "").startswith(f"bytes {self._done}-"):
                self._begin_again()
                raise httpx.RemoteProtocolError("another part than was asked for")
            tag = answer.headers.get("etag") or answer.headers.get("last-modified")
            # A weak tag does not promise the same bytes.
            self._tag = tag if tag and not tag.startswith("W/") else None
            size = self._done + int(answer.headers.get("content-length") or 0)
            self._check(size)
            with self._target.open("ab" if self._done else "wb") as file:
                for chunk in self._chunks(answer):
                    file.write(chunk)
                    report("fetch", self._done, size)

    def _begin_again(self) -> None:
        self._hash, self._done, self._tag = hashlib.sha256(), 0, None

    def _chunks(self, answer: httpx.Response) -> Iterator[bytes]:
        for chunk in answer.iter_raw():
            self._done += len(chunk)
            self._hash.update(chunk)
            self._check(self._done)
            yield chunk

    def _check(self, size: int) -> None:
        if size > self._most:
            raise CatalogError(f"The file at {self._host} is larger than {self._most:,} bytes; nothing has changed.")
        if time.monotonic() > self._end:
            raise CatalogError(f"{self._host} did not give the file within {self._seconds:.0f} s; nothing has changed.")


def _refuse_plain(url: str) -> SplitResult:
    """The parts of an address that may be asked, the first one or where it leads to. Raises CatalogError."""
    parts = parts_of(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise CatalogError("The address of the catalog's file does not begin with https://.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise CatalogError(
            f"{parts.hostname} would be asked over plain http: whoever is on the way could change drugs."
        )
    return parts


def file_name(url: str) -> str:
    """The last part of an address's path: readers tell a release's date by it. Raises CatalogError."""
    return PurePosixPath(parts_of(url).path).name or "catalog"


def parts_of(url: str) -> SplitResult:
    """The parts of an address. Raises CatalogError for one that cannot be read."""
    try:
        parts = urlsplit(url)
        # Read only here: a port that is none is found when it is asked for.
        _ = parts.port
    except ValueError:
        raise CatalogError("The address of the catalog's file cannot be read: https://host:port/path.") from None
    return parts
