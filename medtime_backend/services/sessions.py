"""Whether a session is live, as the tables of Supabase Auth say."""

from medtime_backend.admission.terms import SessionKey
from medtime_backend.database import Database


async def look_up(database: Database, session: SessionKey) -> str:
    """The session's state: live, ended, unknown-user or banned. Raises what Database.fetch raises."""
    rows = await database.fetch("session_state", session.session_id, session.user_id)
    state: str = rows[0]["state"]
    return state
