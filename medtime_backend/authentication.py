"""The middleware that lets only verified users through. Routes marked `public` are left out by opt, not by path."""

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from medtime_backend import errors
from medtime_backend.identity import Verifier

PUBLIC = "public"


class TokenAuthentication(AbstractAuthenticationMiddleware):
    """Sets the connection's user to the Identity of its bearer token (RFC 6750)."""

    def __init__(self, app: ASGIApp, verifier: Verifier) -> None:
        super().__init__(app, exclude_from_auth_key=PUBLIC)
        self._verifier = verifier

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg] # Litestar's own signature has none
        """Verify the token. Raises Unauthenticated."""
        values = connection.headers.getall("authorization", [])
        if not values:
            raise errors.Unauthenticated("missing-token")
        scheme, _, token = values[0].partition(" ")
        if len(values) > 1 or scheme.lower() != "bearer" or not token.strip():
            raise errors.Unauthenticated("malformed-token")
        return AuthenticationResult(user=await self._verifier.verify(token.strip()), auth=None)
