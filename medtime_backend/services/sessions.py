"""Whether a session is live, as the tables of Supabase Auth say."""

import asyncio
from typing import Final

from medtime_backend import errors
from medtime_backend.admission.terms import SessionKey
from medtime_backend.database import Database

LONGEST_LOOK: Final = 10.0


async def look_up(database: Database, session: SessionKey) -> str:
    """The session's state: live, ended, unknown-user or banned. Raises what Database.fetch raises."""
    try:
        # What is read late is told late: a minute is promised from the sign-out to the refusal.
        async with asyncio.timeout(LONGEST_LOOK):
            rows = await database.fetch("session_state", session.session_id, session.user_id)
    except TimeoutError:
        raise errors.Busy from None
    state: str = rows[0]["state"]
    return state
