"""The door: who is asking, is the session live, is there room. Routes say by opt what they need, not by path."""

from typing import Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from medtime_backend import errors
from medtime_backend.admission import AdmissionDesk
from medtime_backend.admission.desk import headers_of
from medtime_backend.client_address import Networks, client_address
from medtime_backend.identity import Identity, Verifier
from medtime_backend.request_headers import header_values

PUBLIC: Final = "public"
"""A route for anybody; only the client's address is counted."""
UNCOUNTED: Final = "uncounted"
"""A public route that must answer when nothing else does: not even the address is counted."""
RATE_GROUP: Final = "rate_group"
"""The group whose limit a route counts against; without one only the session is looked at."""
FREE_QUERY: Final = "free_query"
"""A query string, in its plain spelling, with which a route counts against no group."""
TOKEN_WELCOME: Final = "token_welcome"  # noqa: S105 - the name of an opt
"""A public route that counts a user by tier where a token is given, and the address by the free tier's limit else."""
SIGN_IN: Final = "sign_in"
STATE_KEY = "rate"


class Door(ASGIMiddleware):
    """Sets the connection's user to the Identity of its bearer token (RFC 6750), once it may pass."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, verifier: Verifier, desk: AdmissionDesk, trusted: Networks) -> None:
        self._verifier = verifier
        self._desk = desk
        self._trusted = trusted

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request in. Raises AccessRefused, RateLimited and Busy."""
        needs = scope["route_handler"].opt
        if not needs.get(UNCOUNTED):
            address = address_of(scope, self._trusted)
            if needs.get(PUBLIC) and not (needs.get(TOKEN_WELCOME) and _has_token(scope)):
                group = None if scope["query_string"] == needs.get(FREE_QUERY) else needs.get(RATE_GROUP)
                status = await self._desk.admit_address(address, group)
                scope["state"][STATE_KEY] = status if group else None
            else:
                identity = await self._identify(scope, address)
                scope["user"] = identity
                scope["state"][STATE_KEY] = await self._desk.admit(address, identity, needs.get(RATE_GROUP))
        await next_app(scope, receive, send)

    async def _identify(self, scope: Scope, address: str) -> Identity:
        try:
            return await self._verifier.verify(bearer_of(scope))
        except errors.AccessRefused:
            # A flood of bad tokens is one of requests.
            await self._desk.admit_address(address)
            raise


def _has_token(scope: Scope) -> bool:
    return bool(header_values(scope, b"authorization"))


def bearer_of(scope: Scope) -> str:
    """The request's bearer token. Raises MissingToken and MalformedAuthorization."""
    values = header_values(scope, b"authorization")
    if not values:
        raise errors.MissingToken
    scheme, _, token = values[0].partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise errors.MalformedAuthorization
    return token.strip()


def address_of(scope: Scope | HTTPScope, trusted: Networks) -> str:
    """The client's address (client_address)."""
    peer = scope["client"]
    return client_address(peer[0] if peer else None, header_values(scope, b"x-forwarded-for"), trusted)


async def tell_rate(message: Message, scope: Scope) -> None:
    """A `before_send` hook: every counted answer says how many requests are left."""
    status = scope["state"].get(STATE_KEY)
    if message["type"] == "http.response.start" and status is not None:
        headers = [(name.lower().encode(), value.encode()) for name, value in headers_of(status).items()]
        message["headers"] = [*message["headers"], *headers]
