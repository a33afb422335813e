"""Whether this worker can serve, and how each thing it depends on is."""

from typing import Any

from medtime_backend import errors
from medtime_backend.admission import AdmissionDesk
from medtime_backend.database import Database
from medtime_backend.drain import Drain
from medtime_backend.jwks import KeySet


class Readiness:
    """Answers load balancers. No address, no version, nothing that helps an attacker."""

    def __init__(self, database: Database, desk: AdmissionDesk, keys: KeySet, drain: Drain) -> None:
        self._database = database
        self._desk = desk
        self._keys = keys
        self._drain = drain

    async def judge(self) -> dict[str, str]:
        """The state of each dependency; only the database is one that nobody can be served without.

        Raises Busy with the states when the database is away or the service is about to stop, and what else
        Database.fetch raises.
        """
        states: dict[str, Any] = {"redis": self._desk.redis, "keys": "ok" if self._keys.known else "not fetched yet"}
        try:
            await self._database.prove()
        except errors.Busy:
            raise errors.Busy(database="away", **states) from None
        if self._drain.begun:
            raise errors.Busy("The service is about to stop: go to another instance.", database="ok", **states)
        return {"database": "ok", **states}
