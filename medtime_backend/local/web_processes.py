"""The two HTTP processes of the stack: the gateway (Supabase's stand-in) and the service."""

from __future__ import annotations

import http.client
import json
import sys

from medtime_backend.environment import IN_A_FILE
from medtime_backend.exposition import VARIABLE
from medtime_backend.local.data_directory import DataDirectory
from medtime_backend.local.ocr_keys import ocr_environment
from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.ports import LOOPBACK
from medtime_backend.local.postgres import PostgresServer
from medtime_backend.local.processes import KeptProcess, ProcessSpec

AUTH_PATH = "/auth/v1"
FUNCTIONS_PATH = "/functions/v1"
ANSWER_SECONDS = 5.0


def start_gateway(directory: DataDirectory, options: StackOptions, server: PostgresServer, *, port: int) -> KeptProcess:
    """Start the stand-in of Supabase's own gateway. It connects to the database at its first request."""
    return KeptProcess(
        ProcessSpec(
            name="The gateway",
            command=[sys.executable, "-m", "medtime_backend.local.gateway"],
            log=directory.log("gateway"),
            environment={
                "MEDTIME_LOCAL_AUTH": "stack",
                "MEDTIME_LOCAL_AUTH_PORT": str(port),
                "MEDTIME_LOCAL_AUTH_DATABASE_URL": server.url("supabase_auth_admin"),
                "MEDTIME_LOCAL_AUTH_SIGNING_KEY": str(directory.signing_key),
                "MEDTIME_LOCAL_AUTH_RETIRED_KEYS": str(directory.retired_keys),
                "MEDTIME_LOCAL_AUTH_ISSUER_KEY": str(directory.issuer_key),
                "MEDTIME_LOCAL_AUTH_SECRET_KEY": server.credentials.secret_key,
                "MEDTIME_LOCAL_REST_DATABASE_URL": server.url("authenticator"),
                "MEDTIME_LOCAL_REST_PUBLISHABLE_KEY": server.credentials.publishable_key,
                "MEDTIME_LOCAL_FUNCTIONS_PROJECT": str(options.project),
                "MEDTIME_LOCAL_FUNCTIONS_LOGS": str(directory.logs),
                "MEDTIME_LOCAL_FUNCTIONS_ENVIRONMENT": json.dumps(
                    {"SUPABASE_DB_URL": server.url("postgres"), **options.function_environment}
                ),
                "MEDTIME_JWT_ISSUER": options.issuer,
                "MEDTIME_JWT_AUDIENCE": options.audience,
            },
            kept_open=_kept_open(directory),
        )
    )


def start_service(directory: DataDirectory, options: StackOptions, info: StackInfo, *, port: int) -> KeptProcess:
    """Start the service under Granian with the settings that point it at this stack."""
    given = {
        "MEDTIME_DATABASE_URL": info.service_database_url,
        "MEDTIME_REDIS_URL": info.redis_url,
        "MEDTIME_AUTH_URL": info.auth_url,
        "MEDTIME_AUTH_API_KEY": info.publishable_key,
        "MEDTIME_JWKS_URL": f"{info.auth_url}/.well-known/jwks.json",
        # One the developer may have set would contradict the URL, as would a file of any of these.
        "MEDTIME_JWKS_FILE": "",
        "MEDTIME_JWT_ISSUER": options.issuer,
        "MEDTIME_JWT_AUDIENCE": options.audience,
        VARIABLE: str(directory.new_metrics()),
        "MEDTIME_FUNCTIONS_URL": info.functions_url,
        "MEDTIME_FUNCTIONS_KEY": info.secret_key,
        **ocr_environment(directory.ocr_keys),
        **options.service_environment,
    }
    return KeptProcess(
        ProcessSpec(
            name="The service",
            command=[
                *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory"),
                *("--host", LOOPBACK, "--port", str(port), "--workers", str(options.workers)),
                *("--loop", "uvloop", "--no-ws", "medtime_backend.app:create_app"),
            ],
            log=info.service_log,
            environment={**{f"{name}{IN_A_FILE}": "" for name in given}, **given},
            kept_open=_kept_open(directory),
        )
    )


def answers_ok(port: int, path: str) -> bool:
    """Tell whether a GET of the path is answered with 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _kept_open(directory: DataDirectory) -> tuple[int, ...]:
    return () if directory.lock_descriptor is None else (directory.lock_descriptor,)
