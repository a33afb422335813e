"""One call to the service: its encoding, its token, its retries, and what its answer means."""

import gzip
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

import httpx
import msgspec

from medtime_backend.client.errors import ProblemError, SyncError, UnexpectedAnswerError, UnreachableError
from medtime_backend.client.messages import Problem

RETRIES: Final = 3
FIRST_DELAY: Final = 1.0
LONGEST_DELAY: Final = 3600
GZIP_ABOVE: Final = 1024
OCTETS: Final = "application/octet-stream"

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Service:
    """The service at the base URL of `http`, in one of its two formats."""

    http: httpx.AsyncClient
    token_source: Callable[[bool], Awaitable[str]]
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]
    format: Literal["json", "msgpack"]
    clock: Callable[[], float] = time.monotonic
    _full_until: dict[str, float] = field(default_factory=dict)

    async def get(self, path: str, kind: type[Answer], params: Mapping[str, str]) -> Answer:
        """Read an answer of the given kind. Raises SyncError."""
        headers = {"accept": f"application/{self.format}, application/problem+json"}
        return await self._call(
            lambda: self.http.build_request("GET", path, params=params, headers=headers), lambda one: _read(one, kind)
        )

    async def post(self, path: str, kind: type[Answer], body: msgspec.Struct) -> Answer:
        """Send a body, gzipped above 1 KiB, and read an answer of the given kind. Raises SyncError."""
        content = (msgspec.json if self.format == "json" else msgspec.msgpack).encode(body)
        headers = {"accept": f"application/{self.format}, application/problem+json"}
        headers["content-type"] = f"application/{self.format}"
        if len(content) > GZIP_ABOVE:
            headers["content-encoding"] = "gzip"
            content = gzip.compress(content, compresslevel=1)
        return await self._call(
            lambda: self.http.build_request("POST", path, content=content, headers=headers),
            lambda one: _read(one, kind),
        )

    async def post_sealed(self, path: str, sealed: bytes) -> bytes:
        """Send sealed bytes and return the sealed answer. Raises SyncError."""
        headers = {"accept": f"{OCTETS}, application/problem+json", "content-type": OCTETS}
        return await self._call(
            lambda: self.http.build_request("POST", path, content=sealed, headers=headers), _read_sealed
        )

    async def _call(self, build: Callable[[], httpx.Request], read: Callable[[httpx.Response], Answer]) -> Answer:
        retries = 0
        while True:
            try:
                return read(await self._send(build))
            except SyncError as error:
                if not error.retryable or retries == RETRIES:
                    raise
                await self.sleep(self._delay(retries, error.retry_after))
            retries += 1

    async def _send(self, build: Callable[[], httpx.Request]) -> httpx.Response:
        """Send with a token, and once more with a fresh one if the server does not take it."""
        try:
            response = await self._send_once(build(), fresh=False)
            if response.status_code == httpx.codes.UNAUTHORIZED:
                response = await self._send_once(build(), fresh=True)
        except httpx.TransportError as error:
            raise UnreachableError(f"no answer: {type(error).__name__}") from error
        except httpx.RequestError as error:
            raise UnexpectedAnswerError(f"unreadable answer: {type(error).__name__}") from error
        return response

    async def _send_once(self, request: httpx.Request, *, fresh: bool) -> httpx.Response:
        await self._keep_pace(request.url.path)
        request.headers["authorization"] = f"Bearer {await self.token_source(fresh)}"
        response = await self.http.send(request)
        self._note_pace(request.url.path, response)
        return response

    async def _keep_pace(self, path: str) -> None:
        """Wait while the last answer said that no request is left: a 429 would only cost the battery."""
        wait = self._full_until.pop(_group_of(path), 0) - self.clock()
        if wait > 0:
            await self.sleep(wait + self.random())

    def _note_pace(self, path: str, response: httpx.Response) -> None:
        remaining, reset = (response.headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "reset"))
        # A 429 says itself when to come back.
        if remaining == "0" and reset.isascii() and reset.isdigit() and response.is_success:
            self._full_until[_group_of(path)] = self.clock() + min(int(reset), LONGEST_DELAY)

    def _delay(self, retries: int, retry_after: int | None) -> float:
        """Never earlier than asked, and spread, so that many phones do not come back at once."""
        if retry_after is not None:
            return min(retry_after + self.random(), LONGEST_DELAY)
        return FIRST_DELAY * 2.0**retries * (1 + self.random() / 2)


def _group_of(path: str) -> str:
    """Pushes and images have limits of their own; pulls and status share one."""
    own = {"/sync/push": "sync_push", "/ocr/process": "ocr", "/ocr/key": "address"}
    return next((group for end, group in own.items() if path.endswith(end)), "sync_pull")


def _read(response: httpx.Response, kind: type[Answer]) -> Answer:
    """Decode an answer of the wanted kind, or raise the error that it is."""
    media_type = _media_type(response)
    try:
        if response.status_code == httpx.codes.OK and media_type == "application/json":
            return msgspec.json.decode(response.content, type=kind)
        if response.status_code == httpx.codes.OK and media_type == "application/msgpack":
            return msgspec.msgpack.decode(response.content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass  # garbled: like any other answer that is not of this protocol
    raise _error_of(response, media_type)


def _read_sealed(response: httpx.Response) -> bytes:
    """The bytes of a sealed answer, or raise the error that it is."""
    media_type = _media_type(response)
    if response.status_code == httpx.codes.OK and media_type == OCTETS:
        return response.content
    raise _error_of(response, media_type)


def _media_type(response: httpx.Response) -> str:
    given: str = response.headers.get("content-type", "")
    return given.split(";", maxsplit=1)[0].strip().lower()


def _error_of(response: httpx.Response, media_type: str) -> SyncError:
    try:
        if response.is_error and media_type == "application/problem+json":
            return _explained(ProblemError(msgspec.json.decode(response.content, type=Problem)), response)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass  # garbled, as above
    return _explained(UnexpectedAnswerError(f"status {response.status_code}, {media_type or 'no type'}"), response)


def _explained(error: SyncError, response: httpx.Response) -> SyncError:
    """Say whether and when a retry may help: the status decides, a problem may say otherwise."""
    says = error.problem.retryable if isinstance(error, ProblemError) else None
    busy = response.status_code in {429, 502, 503, 504}
    wait = response.headers.get("retry-after", "")
    error.status = response.status_code
    error.retryable = (busy and says is not False) or (response.is_server_error and says is True)
    error.retry_after = min(int(wait), LONGEST_DELAY) if wait.isascii() and wait.isdigit() else None
    return error
