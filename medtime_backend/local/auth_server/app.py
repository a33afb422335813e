"""The wiring of the local auth server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException

from medtime_backend.local.auth_server import admin_routes, errors, provider_routes, routes
from medtime_backend.local.auth_server.context import Auth
from medtime_backend.local.auth_server.flow_states import FlowStates
from medtime_backend.local.auth_server.issuer import LocalIssuer
from medtime_backend.local.auth_server.keys import KeyRing
from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.web_processes import AUTH_PATH

HANDLERS = [
    *(routes.signup, routes.token, routes.user, routes.logout, routes.jwks, routes.health),
    *(provider_routes.issuer_keys, provider_routes.issue_id_token, provider_routes.rotate_signing_key),
    provider_routes.authorize,
    *(admin_routes.create_user, admin_routes.list_users, admin_routes.show_user, admin_routes.delete_user),
]


def create_app() -> Litestar:
    """Build the app from the environment. Raises StackError outside the embedded stack."""
    settings = AuthSettings.from_environment()
    # Opens no connection before the first request: the server starts beside Postgres, not after it.
    pool = asyncpg.create_pool(settings.database_url, min_size=0, max_size=5)
    auth = Auth(settings, pool, KeyRing(settings), LocalIssuer(settings), FlowStates())

    @asynccontextmanager
    async def open_pool(_: Litestar) -> AsyncIterator[None]:
        async with pool:
            yield

    return Litestar(
        route_handlers=[Router(AUTH_PATH, route_handlers=HANDLERS)],
        dependencies={"auth": Provide(lambda: auth, sync_to_thread=False)},
        exception_handlers={
            errors.AuthError: errors.answer_auth_error,
            errors.OAuthError: errors.answer_oauth_error,
            HTTPException: errors.answer_http_error,
            Exception: errors.answer_failure,
        },
        lifespan=[open_pool],
        openapi_config=None,
    )
