"""Nothing of ours stays in Redis: every key ends by itself, so the cleanup has nothing to remove there."""

from uuid import uuid4

import httpx
from redis.asyncio import Redis

from medtime_backend.admission.shared import SharedStore
from medtime_backend.admission.terms import SessionKey, Window
from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.http.bearer import bearer

TOLD_SECONDS = 120
"""What `medtime cleanup run` says."""


async def test_every_key_ends_by_itself_within_two_minutes(stack: StackInfo, user: Account) -> None:
    assert (await user.push("phone", entity())).status_code == 200
    await user.pull_all("phone")
    async with httpx.AsyncClient(base_url=stack.base_url) as http:
        await http.get("/sync/status", headers=bearer("nonsense"))
    # The longest that can be set.
    store = SharedStore(stack.redis_url, 2.0, 55)
    session = SessionKey(uuid4(), uuid4())
    await store.admit([Window("address", "192.0.2.1", 5)], session, [Window("sync_push", str(session.user_id), 5)])
    for scope in ("local", "others", "global"):
        await store.end_sessions(SessionKey(uuid4(), uuid4()), scope)
    await store.close()
    async with Redis.from_url(stack.redis_url) as redis:
        keys = [key async for key in redis.scan_iter("*")]
        kinds = {key.rpartition(b":")[2] for key in keys}
        assert {b"sessions", b"sync_push", b"sync_pull", b"address"} <= kinds
        for key in keys:
            # -2: it has just ended. -1 would be for ever.
            remaining = await redis.pttl(key)
            assert remaining == -2 or 0 <= remaining <= TOLD_SECONDS * 1000, key
