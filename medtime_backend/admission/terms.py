"""What is asked when a request comes, and what is answered."""

from typing import NamedTuple
from uuid import UUID

SPAN_SECONDS = 60
LIVE = "live"
"""The state of a session whose tokens are good; others are those of private.session_state."""


class Window(NamedTuple):
    """A sliding window: at most `limit` requests of a `group` by a `holder` (address or user id) in 60 seconds."""

    group: str
    holder: str
    limit: int

    @property
    def key(self) -> str:
        """Its name in Redis. The braces put all keys of one holder on one node of a cluster."""
        return f"medtime:{{{self.holder}}}:{self.group}"


class SessionKey(NamedTuple):
    """A session and whose it is."""

    user_id: UUID
    session_id: UUID

    @property
    def key(self) -> str:
        """The user's sessions in Redis."""
        return f"medtime:{{{self.user_id}}}:sessions"


class Reading(NamedTuple):
    """What the database said of a session, and under which generation of the user's sessions it was asked."""

    state: str
    generation: str


class Admitted(NamedTuple):
    """The request may go on: `remaining` more fit into its last window, and in `reset` seconds another."""

    remaining: int
    reset: float


class Full(NamedTuple):
    """A window is full; in `reset` seconds there is room."""

    window: Window
    reset: float


class UnknownSession(NamedTuple):
    """Nobody has looked for this session lately."""

    generation: str


class ClosedSession(NamedTuple):
    """The session is not live: `state` says why."""

    state: str


Answer = Admitted | Full | UnknownSession | ClosedSession
