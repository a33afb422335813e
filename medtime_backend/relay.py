"""Outgoing HTTP to Supabase Auth: one isolated client a request, a time limit, a size limit, one kind of error.

The requests are those of the `supabase_auth` package. Answers are passed on as they came: its models would drop members
that a newer Auth adds, and of its three shapes of errors they keep only parts.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import httpx
import msgspec
from pydantic import ValidationError
from supabase_auth import AsyncGoTrueClient, AsyncMemoryStorage
from supabase_auth.errors import AuthError

from medtime_backend import errors
from medtime_backend.auth_refusals import refusal_of
from medtime_backend.schemas.auth import TokenAnswer
from medtime_backend.settings import Settings

LARGEST_ANSWER: Final = 256 * 1024
ALREADY_OUT: Final = {"session_not_found", "session_expired", "user_not_found"}
FORWARDED_FOR: Final = "Sb-Forwarded-For"
"""By it Auth's own limits count the end user's address, where the project allows that (docs/operations.md)."""

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
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise errors.AuthUnavailable from None
        return answer.content

    async def sign_out(self, address: str, token: str, scope: str) -> None:
        """End the session of this access token, the user's others or all.

        A session that Auth does not know any more has ended already. Raises AuthRefused, RateLimited and
        AuthUnavailable.
        """
        try:
            await self._ask(address, lambda auth: auth.admin.sign_out(token, scope))  # type: ignore[arg-type] # one of three words
        except errors.AuthRefused as refused:
            if refused.facts["code"] not in ALREADY_OUT:
                raise

    async def _ask(self, address: str, call: Call) -> httpx.Response:
        line = _Line(self._connections)
        # A client of its own, which keeps nothing: no session may ever meet another user's request.
        auth = AsyncGoTrueClient(
            url=self._url,
            headers={**self._headers, FORWARDED_FOR: address},
            auto_refresh_token=False,
            persist_session=False,
            storage=AsyncMemoryStorage(),
            http_client=httpx.AsyncClient(transport=line, timeout=self._timeout, follow_redirects=False),
        )
        try:
            async with asyncio.timeout(self._timeout):
                await call(auth)
        # A model that does not fit is Auth's answer being none of a token endpoint; `tokens` judges that itself.
        except (AuthError, ValidationError):
            pass
        except TimeoutError:
            raise errors.AuthUnavailable from None
        if line.answer is None:
            raise errors.AuthUnavailable
        if line.answer.is_success:
            return line.answer
        raise refusal_of(line.answer)
