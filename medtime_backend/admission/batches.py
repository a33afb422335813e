"""Calls of the same moment go to Redis together: on a busy worker the way there costs more than the answer."""

import asyncio
from collections import deque
from typing import Any

from redis.asyncio import Redis

MOST_CALLS = 64
"""Calls of one batch; what comes beyond goes with the next."""
MOST_BATCHES = 2
"""Batches on their way at the same time, each on a connection of its own: a slow one does not hold up all."""

Call = tuple[str | int, ...]


class Batches:
    """Sends each call with those that wait beside it. A call alone waits for nobody."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: deque[tuple[Call, asyncio.Future[Any]]] = deque()
        self._senders: set[asyncio.Task[None]] = set()

    async def call(self, *call: str | int) -> Any:
        """What Redis answers. Raises what redis-py raises, also when it failed for the whole batch."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, answer))
        if len(self._senders) < MOST_BATCHES:
            sender = asyncio.create_task(self._send())
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return await answer

    async def _send(self) -> None:
        # A task starts after all that is ready now: by then the calls of this turn of the loop are waiting.
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_CALLS))]
            try:
                answers = await self._together([call for call, _ in batch])
            except Exception as fault:  # noqa: BLE001 - it is raised by each call of the batch
                answers = [fault] * len(batch)
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    async def _together(self, calls: list[Call]) -> list[Any]:
        if len(calls) == 1:
            return [await self._redis.execute_command(*calls[0])]  # type: ignore[no-untyped-call]  # so redis-py has it
        pipeline = self._redis.pipeline(transaction=False)
        for call in calls:
            pipeline.execute_command(*call)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers
