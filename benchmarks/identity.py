"""What identity costs a request: verifying its token, its session and its limit, beside a whole request."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec

from benchmarks.accounts import Account
from benchmarks.clients import HttpPull
from benchmarks.http_load import HttpConnection
from medtime_backend.admission import AdmissionDesk
from medtime_backend.admission.terms import SessionKey
from medtime_backend.database import Database
from medtime_backend.formats import JSON
from medtime_backend.identity import Identity, Verifier
from medtime_backend.jwks import KeySet
from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey, TokenClaims, mint
from medtime_backend.metrics import Metrics
from medtime_backend.services import sessions
from medtime_backend.settings import Settings
from tests.rates import HIGH

TOKENS = 500
TIMES = 3000
AT_ONCE = 16
ADDRESS = "203.0.113.7"

WHOLE = "a whole pull of 50 over HTTP"

Costs = dict[str, list[float]]
"""What is measured → seconds of each single time."""
Step = Callable[[], Awaitable[object]]


async def measure(stack: StackInfo, account: Account, folder: Path) -> Costs:
    """Time each part alone, in this process, and the whole through the service."""
    key = SigningKey.load(stack.signing_key)
    keys = folder / "jwks.json"
    keys.write_bytes(msgspec.json.encode(key.jwks()))
    settings = Settings(
        database_url=stack.service_database_url,
        redis_url=stack.redis_url,
        jwks_file=str(keys),
        rate_free=tuple(HIGH.split(",")),
        rate_address=10_000_000,
    )
    database = await Database.open(settings)

    async def look_up(session: SessionKey) -> str:
        return await sessions.look_up(database, session)

    shared = AdmissionDesk(settings, Metrics(), look_up)
    alone = AdmissionDesk(msgspec.structs.replace(settings, redis_url=""), Metrics(), look_up)
    async with httpx.AsyncClient() as http:
        verifier = Verifier(settings, KeySet(settings, http))
        identity = await verifier.verify(account.token)
        session = SessionKey(identity.user_id, identity.session_id)
        tokens = iter([_token(key, identity) for _ in range(TOKENS)])
        connection = await HttpConnection.open(stack.base_url)
        pull = HttpPull(connection, account, itertools.repeat(None), JSON)
        try:
            return {
                "verify a new token": await _alone(lambda: verifier.verify(next(tokens)), TOKENS),
                "verify a known token": await _alone(lambda: verifier.verify(account.token), TIMES),
                "session read from the database": await _alone(lambda: look_up(session), TIMES),
                "session and limit in Redis": await _alone(lambda: shared.admit(ADDRESS, identity, "sync_pull"), TIMES),
                f"session and limit in Redis, {AT_ONCE} at once": await _together(
                    lambda: shared.admit(ADDRESS, identity, "sync_pull"), TIMES
                ),
                "session and limit without Redis": await _alone(
                    lambda: alone.admit(ADDRESS, identity, "sync_pull"), TIMES
                ),
                WHOLE: await _alone(pull, TIMES // 3),
            }
        finally:
            connection.close()
            await shared.close()
            await alone.close()
            await database.close()


def _token(key: SigningKey, identity: Identity) -> str:
    """Another token of the same user, as after a refresh."""
    return mint(
        key, TokenClaims(str(identity.user_id), session_id=str(identity.session_id), extra={"jti": str(uuid4())})
    )


async def _alone(step: Step, times: int) -> list[float]:
    """One after the other."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        await step()
        found.append(time.perf_counter() - begun)
    return found


async def _together(step: Step, times: int) -> list[float]:
    """Several at once, as in a busy worker: each one's share of the time."""
    found = []
    for _ in range(times // AT_ONCE):
        begun = time.perf_counter()
        await asyncio.gather(*(step() for _ in range(AT_ONCE)))
        found.append((time.perf_counter() - begun) / AT_ONCE)
    return found
