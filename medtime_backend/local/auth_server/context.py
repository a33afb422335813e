"""What every endpoint needs."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from medtime_backend.local.auth_server.flow_states import FlowStates
from medtime_backend.local.auth_server.issuer import LocalIssuer
from medtime_backend.local.auth_server.keys import KeyRing
from medtime_backend.local.auth_server.settings import AuthSettings


@dataclass(frozen=True)
class Auth:
    """The parts of the server that live as long as it does."""

    settings: AuthSettings
    pool: asyncpg.Pool
    keys: KeyRing
    issuer: LocalIssuer
    flows: FlowStates
