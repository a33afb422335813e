"""The wiring of the gateway."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException

from medtime_backend.local.auth_server import errors
from medtime_backend.local.auth_server.context import Auth
from medtime_backend.local.auth_server.flow_states import FlowStates
from medtime_backend.local.auth_server.issuer import LocalIssuer
from medtime_backend.local.auth_server.keys import KeyRing
from medtime_backend.local.auth_server.router import router as auth_router
from medtime_backend.local.functions.passing import Passage, mounted
from medtime_backend.local.functions.runtime import Runtime
from medtime_backend.local.gateway.settings import GatewaySettings
from medtime_backend.local.rest.callers import ApiKeys
from medtime_backend.local.rest.context import Rest
from medtime_backend.local.rest.routes import router as rest_router

# As long as Supabase lets a function of a paid plan work.
FUNCTION_SECONDS = 400.0


def create_app() -> Litestar:
    """Build the app from the environment. Raises StackError outside the embedded stack."""
    settings = GatewaySettings.from_environment()
    # It would log every address that is passed on, with what is searched for.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # They open no connection before the first request: the gateway starts beside Postgres, not after it.
    pool = asyncpg.create_pool(settings.auth.database_url, min_size=0, max_size=5)
    rest_pool = asyncpg.create_pool(settings.authenticator_url, min_size=0, max_size=10)
    ring, api_keys = KeyRing(settings.auth), ApiKeys(settings.publishable_key, settings.auth.secret_key)
    auth = Auth(settings.auth, pool, ring, LocalIssuer(settings.auth), FlowStates())
    rest = Rest(rest_pool, ring, api_keys)
    runtime = Runtime(function_environment(settings), settings.logs)
    http = httpx.AsyncClient(timeout=FUNCTION_SECONDS, trust_env=False)

    @asynccontextmanager
    async def opened(_: Litestar) -> AsyncIterator[None]:
        async with pool, rest_pool, http:
            try:
                yield
            finally:
                await runtime.close()

    return Litestar(
        route_handlers=[auth_router, rest_router, mounted(Passage(settings.project, runtime, ring, api_keys, http))],
        dependencies={
            "auth": Provide(lambda: auth, sync_to_thread=False),
            "rest": Provide(lambda: rest, sync_to_thread=False),
        },
        exception_handlers={HTTPException: errors.answer_http_error, Exception: errors.answer_failure},
        lifespan=[opened],
        openapi_config=None,
    )


def function_environment(settings: GatewaySettings) -> dict[str, str]:
    """What Supabase gives every function: https://supabase.com/docs/guides/functions/secrets."""
    publishable, secret = settings.publishable_key, settings.auth.secret_key
    return {
        "SUPABASE_URL": settings.url,
        "SUPABASE_ANON_KEY": publishable,
        "SUPABASE_SERVICE_ROLE_KEY": secret,
        "SUPABASE_PUBLISHABLE_KEYS": json.dumps({"default": publishable}),
        "SUPABASE_SECRET_KEYS": json.dumps({"default": secret}),
        "SB_REGION": "local",
        "MEDTIME_JWT_ISSUER": settings.auth.issuer,
        "MEDTIME_JWT_AUDIENCE": settings.auth.audience,
        **settings.function_environment,
    }
