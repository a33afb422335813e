"""Settings of the local auth server, and its refusal to run anywhere but in the embedded stack."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medtime_backend.local.errors import StackError
from medtime_backend.local.options import DEFAULT_AUDIENCE, DEFAULT_ISSUER
from medtime_backend.local.ports import LOOPBACK
from medtime_backend.local.web_processes import AUTH_PATH


@dataclass(frozen=True)
class AuthSettings:
    """Where the server listens, whose sessions it keeps and how it signs. `secret_key` opens the admin endpoints."""

    port: int
    database_url: str
    signing_key: Path
    retired_keys: Path
    issuer_key: Path
    secret_key: str
    issuer: str
    audience: str

    @property
    def url(self) -> str:
        """Where the endpoints are."""
        return f"http://{LOOPBACK}:{self.port}{AUTH_PATH}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> AuthSettings:
        """Read the settings the stack gives. Raises StackError outside the stack and in production."""
        if environment.get("MEDTIME_ENVIRONMENT", "").strip().lower() == "production":
            raise StackError("The local auth server never runs in production: use Supabase Auth.")
        if environment.get("MEDTIME_LOCAL_AUTH") != "stack":
            raise StackError("The local auth server is started by `medtime dev` only.")
        return cls(
            port=int(environment["MEDTIME_LOCAL_AUTH_PORT"]),
            database_url=environment["MEDTIME_LOCAL_AUTH_DATABASE_URL"],
            signing_key=Path(environment["MEDTIME_LOCAL_AUTH_SIGNING_KEY"]),
            retired_keys=Path(environment["MEDTIME_LOCAL_AUTH_RETIRED_KEYS"]),
            issuer_key=Path(environment["MEDTIME_LOCAL_AUTH_ISSUER_KEY"]),
            secret_key=environment["MEDTIME_LOCAL_AUTH_SECRET_KEY"],
            issuer=environment.get("MEDTIME_JWT_ISSUER", DEFAULT_ISSUER),
            audience=environment.get("MEDTIME_JWT_AUDIENCE", DEFAULT_AUDIENCE),
        )
