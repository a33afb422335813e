"""What every request needs."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from medtime_backend.local.auth_server.keys import KeyRing
from medtime_backend.local.rest.callers import ApiKeys


@dataclass(frozen=True)
class Rest:
    """A pool of `authenticator`, the keys of tokens and those of the API."""

    pool: asyncpg.Pool
    ring: KeyRing
    api_keys: ApiKeys
