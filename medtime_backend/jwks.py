"""The public keys of Supabase Auth: from a file or by URL, fetched once at a time, kept while Auth is down."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import jwt
import structlog

from medtime_backend.settings import Settings

# An unknown key id may be a new key or an attacker's: it starts a fetch at most this often, in seconds.
COOL_DOWN = 30.0
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

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key of this id, or None. Fetches when the keys are old or the id is unknown, within the cool-down."""
        now = time.monotonic()
        if (key_id not in self._keys or now >= self._fresh_until) and now >= self._next_attempt:
            async with self._flight:
                if time.monotonic() >= self._next_attempt:
                    await self._renew()
        return self._keys.get(key_id)

    async def _renew(self) -> None:
        self._next_attempt = time.monotonic() + COOL_DOWN
        try:
            self._keys = _signing_keys(await self._read())
            self._fresh_until = time.monotonic() + self._settings.jwks_max_age
        except (httpx.HTTPError, OSError, jwt.PyJWTError, ValueError) as fault:
            # The old keys stay in use: Auth being down must not sign everybody out.
            log.warning("jwks_unavailable", code=type(fault).__name__)

    async def _read(self) -> bytes:
        if self._settings.jwks_file:
            return await asyncio.to_thread(Path(self._settings.jwks_file).read_bytes)
        answer = await self._http.get(self._settings.jwks_url, timeout=FETCH_TIMEOUT)
        answer.raise_for_status()
        if len(answer.content) > LARGEST_SET:
            raise ValueError("key set too large")
        return answer.content


def _signing_keys(document: bytes) -> Mapping[str, jwt.PyJWK]:
    keys = jwt.PyJWKSet.from_json(document.decode()).keys
    return {key.key_id: key for key in keys if key.key_id and key.public_key_use in (None, "sig")}
