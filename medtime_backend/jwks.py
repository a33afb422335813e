"""The public keys of Supabase Auth: from a file or by URL, fetched once at a time, kept while Auth is down."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec
import structlog

from medtime_backend import errors
from medtime_backend.settings import Settings

# An unknown key id may be a new key or an attacker's: it starts a fetch at most this often, in seconds.
COOL_DOWN = 30.0
# With no keys at all nobody can be served: try again soon.
RETRY_EMPTY = 2.0
FETCH_TIMEOUT = 5.0
LARGEST_SET = 256 * 1024

log = structlog.get_logger()


class KeySet:
    """Keys by their id. One instance per worker."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._http = http
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fresh_until = 0.0
        self._next_attempt = 0.0
        self._flight = asyncio.Lock()
        self._refresh: asyncio.Task[None] | None = None

    @property
    def known(self) -> bool:
        """Whether there are any keys to verify tokens with."""
        return bool(self._keys)

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key of this id, or None.

        An unknown id waits for a fetch, within the cool-down; keys that are merely old are used while they are
        renewed. Raises Busy while no keys could be had yet: nobody is to be signed out for that.
        """
        if key_id not in self._keys:
            await self._renew()
            if not self._keys:
                raise errors.Busy(retry_after=int(RETRY_EMPTY))
        elif time.monotonic() >= self._fresh_until and (self._refresh is None or self._refresh.done()):
            self._refresh = asyncio.create_task(self._renew())
        return self._keys.get(key_id)

    async def _renew(self) -> None:
        # Whoever comes during a fetch waits for it, and finds the cool-down begun.
        async with self._flight:
            if time.monotonic() < self._next_attempt:
                return
            try:
                self._keys = _signing_keys(await self._read())
                self._fresh_until = time.monotonic() + self._settings.jwks_max_age
            except (httpx.HTTPError, OSError, jwt.PyJWTError, msgspec.MsgspecError, ValueError, TypeError) as fault:
                # The old keys stay in use: Auth being down must not sign everybody out.
                log.warning("jwks_unavailable", code=type(fault).__name__)
            self._next_attempt = time.monotonic() + (COOL_DOWN if self._keys else RETRY_EMPTY)

    async def _read(self) -> bytes:
        if self._settings.jwks_file:
            return await asyncio.to_thread(Path(self._settings.jwks_file).read_bytes)
        answer = await self._http.get(self._settings.jwks_url, timeout=FETCH_TIMEOUT)
        answer.raise_for_status()
        if len(answer.content) > LARGEST_SET:
            raise ValueError("key set too large")
        return answer.content


def _signing_keys(document: bytes) -> Mapping[str, jwt.PyJWK]:
    keys = jwt.PyJWKSet.from_dict(msgspec.json.decode(document, type=dict[str, Any])).keys
    return {key.key_id: key for key in keys if isinstance(key.key_id, str) and key.public_key_use in (None, "sig")}
