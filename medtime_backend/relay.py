"""Outgoing HTTP to Supabase Auth: one isolated client a request, a time limit, a size limit, one kind of error.

The requests are those of the `supabase_auth` package. Answers are passed on as they came: its models would drop members
that a newer Auth adds, and of its three shapes of errors they keep only parts.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import httpx
import msgspec
import structlog
from pydantic import ValidationError
from supabase_auth import AsyncGoTrueClient, AsyncMemoryStorage
from supabase_auth.errors import AuthError

from medtime_backend import errors, formats
from medtime_backend.auth_refusals import refusal_of
from medtime_backend.client_address import UNKNOWN
from medtime_backend.schemas.auth import TokenAnswer
from medtime_backend.settings import Settings

LARGEST_ANSWER: Final = 256 * 1024
SESSION_GONE: Final = {"session_not_found", "session_expired"}
USER_GONE: Final = "user_not_found"
FORWARDED_FOR: Final = "Sb-Forwarded-For"
"""By it Auth's own limits count the end user's address, where the project allows that (docs/operations.md)."""

log = structlog.get_logger()

Call = Callable[[AsyncGoTrueClient], Awaitable[object]]


class _Line(httpx.AsyncBaseTransport):
    """The shared connections, for one request: keeps its answer, and refuses one that is too large."""

    def __init__(self, connections: httpx.AsyncBaseTransport) -> None:
        self._connections = connections
        self.answer: httpx.Response | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # Inflating would be another size to bound, and the answers are short.
        request.headers["accept-encoding"] = "identity"
        response = await self._connections.handle_async_request(request)
        try:
            if "content-encoding" in response.headers:
                raise httpx.ReadError("the answer is compressed")
            content = b"".join([chunk async for chunk in _bounded(response)])
        finally:
            await response.aclose()
        self.answer = httpx.Response(response.status_code, headers=response.headers, content=content, request=request)
        return self.answer


async def _bounded(response: httpx.Response) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > LARGEST_ANSWER:
            raise httpx.ReadError("the answer is too large")
        yield chunk


class AuthRelay:
    """Supabase Auth, as the service calls it for its users."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.auth_address
        self._headers = {"apikey": settings.auth_api_key} if settings.auth_api_key else {}
        self._timeout = settings.auth_timeout
        self._connections = httpx.AsyncHTTPTransport()

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    async def tokens(self, address: str, call: Call) -> bytes:
        """The answer of a token request, as Auth gave it, for a client at this address.

        Raises AuthRefused, RateLimited and AuthUnavailable.
        """
        answer = await self._ask(address, call)
        try:
            msgspec.json.decode(answer.content, type=TokenAnswer)
        except formats.UNREADABLE:
            log.warning("auth_unavailable", code="unreadable")
            raise errors.AuthUnavailable from None
        return answer.content

    async def sign_out(self, address: str, token: str, scope: str) -> None:
        """End the session of this access token, the user's others or all.

        Raises SessionEnded when this one had ended already and others were to end with it: they have not. Raises
        AuthRefused, RateLimited and AuthUnavailable.
        """
        try:
            await self._ask(address, lambda auth: auth.admin.sign_out(token, scope))  # type: ignore[arg-type] # one of three words
        except errors.AuthRefused as refused:
            code = refused.facts["code"]
            if code in SESSION_GONE and scope != "local":
                raise errors.SessionEnded from None
            if code not in {*SESSION_GONE, USER_GONE}:
                raise

    async def _ask(self, address: str, call: Call) -> httpx.Response:
        line = _Line(self._connections)
        reason = ""
        # A client of its own, which keeps nothing: no session may ever meet another user's request.
        auth = AsyncGoTrueClient(
            url=self._url,
            headers={**self._headers, **({} if address == UNKNOWN else {FORWARDED_FOR: address})},
            auto_refresh_token=False,
            persist_session=False,
            storage=AsyncMemoryStorage(),
            http_client=httpx.AsyncClient(transport=line, timeout=self._timeout, follow_redirects=False),
        )
        try:
            async with asyncio.timeout(self._timeout):
                await call(auth)
        except AuthError as fault:
            reason = type(fault.__cause__).__name__
        # A model that does not fit is Auth's answer being none of a token endpoint; `tokens` judges that itself.
        except (ValidationError, TimeoutError) as fault:
            reason = type(fault).__name__
        if line.answer is not None and line.answer.is_success:
            return line.answer
        refusal = errors.AuthUnavailable() if line.answer is None else refusal_of(line.answer)
        # Operators learn from it whether Auth is away, slow, or asked with a wrong key.
        if isinstance(refusal, errors.AuthUnavailable):
            log.warning("auth_unavailable", code=reason if line.answer is None else str(line.answer.status_code))
        raise refusal
