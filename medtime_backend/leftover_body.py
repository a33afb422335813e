"""A body that was refused half-way is read to its end before the answer is sent.

A server that answers and closes while the client still sends makes the client see a broken connection instead of
the answer: a phone would retry a push that is too large for ever.
"""

import asyncio
from typing import Any

from litestar.enums import ScopeType
from litestar.types import Message, Receive, Scope

STATE_KEY = "leftover_body"
METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# Enough for the largest push anyone could mean (100 blobs of 1 MiB in base64), and an end to those who mean harm.
DRAINED_BYTES = 160 * 1024 * 1024
DRAINED_SECONDS = 30.0


class LeftoverBody:
    """Wraps `receive`, knows whether the body has ended, and can read away the rest."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = False

    async def __call__(self) -> Any:
        """The next message of the request."""
        message: Any = await self._receive()
        self._ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Read away what is left, up to a bound in bytes and seconds."""
        left = DRAINED_BYTES
        try:
            async with asyncio.timeout(DRAINED_SECONDS):
                while not self._ended and left > 0:
                    left -= len((await self()).get("body", b""))
        except TimeoutError:
            self._ended = True


def watch(scope: Scope, receive: Receive) -> Receive:
    """The `receive` to hand on; its rest is drained before the answer."""
    if scope["type"] != ScopeType.HTTP or scope["method"] not in METHODS_WITH_BODY:
        return receive
    watched = LeftoverBody(receive)
    scope["state"][STATE_KEY] = watched
    return watched


async def drain_before_answer(message: Message, scope: Scope) -> None:
    """A `before_send` hook: it sees answers of failed middleware too."""
    watched = scope["state"].get(STATE_KEY)
    if message["type"] == "http.response.start" and watched is not None:
        await watched.drain()
