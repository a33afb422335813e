"""The wiring of the local auth server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException

from medtime_backend.local.auth_server.errors import AuthError, answer_auth_error, answer_http_error
from medtime_backend.local.auth_server.routes import Auth, health, jwks, logout, token, user
from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.tokens import SigningKey
from medtime_backend.local.web_processes import AUTH_PATH


def create_app() -> Litestar:
    """Build the app from the environment. Raises StackError outside the embedded stack."""
    settings = AuthSettings.from_environment()
    # Opens no connection before the first request: the server starts beside Postgres, not after it.
    pool = asyncpg.create_pool(settings.database_url, min_size=0, max_size=5)
    auth = Auth(settings, SigningKey.load(settings.signing_key), pool)

    @asynccontextmanager
    async def open_pool(_: Litestar) -> AsyncIterator[None]:
        async with pool:
            yield

    return Litestar(
        route_handlers=[Router(AUTH_PATH, route_handlers=[token, user, logout, jwks, health])],
        dependencies={"auth": Provide(lambda: auth, sync_to_thread=False)},
        exception_handlers={AuthError: answer_auth_error, HTTPException: answer_http_error},
        lifespan=[open_pool],
        openapi_config=None,
    )
