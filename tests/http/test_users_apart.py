"""Requests of many users at once over the same connections: each sees what is theirs, and only that (P29)."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.accounts import Account, entity


async def test_no_request_sees_the_user_of_another(account: Callable[[], Awaitable[Account]]) -> None:
    users = [await account() for _ in range(5)]
    own = {user.user_id: entity() for user in users}
    await asyncio.gather(*(user.push("phone", own[user.user_id]) for user in users))

    async def look(user: Account) -> tuple[str, str]:
        pulled, status = await asyncio.gather(user.pull("other"), user.http.get("/sync/status"))
        assert [one["id"] for one in pulled.json()["entities"]] == [own[user.user_id]["id"]]
        return status.json()["owner"], str(user.user_id)

    for seen, asked in await asyncio.gather(*(look(user) for user in users for _ in range(20))):
        assert seen == asked
