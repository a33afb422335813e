"""What several want at once is done once, and each of them gets what became of it."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from medtime_backend import errors

Result = TypeVar("Result")


class Flights(Generic[Result]):
    """Work under way, by key. It belongs to none of those who wait: whoever hangs up takes it from nobody."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Result]] = {}

    def __contains__(self, key: Hashable) -> bool:
        """Whether this is under way."""
        return key in self._under_way

    async def join(self, key: Hashable, begin: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What `begin` gives, begun by the first who comes. Raises what it raises, and Busy when closed meanwhile."""
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = asyncio.create_task(begin())
            flight.add_done_callback(lambda done: self._land(key, done))
        try:
            return await asyncio.shield(flight)
        except asyncio.CancelledError:
            own = asyncio.current_task()
            if flight.cancelled() and own is not None and not own.cancelling():
                raise errors.Busy from None
            raise

    async def close(self) -> None:
        """End all that is under way."""
        flights = list(self._under_way.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _land(self, key: Hashable, flight: asyncio.Task[Result]) -> None:
        del self._under_way[key]
        # Read here, so that asyncio does not complain when all who waited have hung up.
        if not flight.cancelled():
            flight.exception()
