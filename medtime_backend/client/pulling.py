"""Pulling: page by page what is new, and from the beginning when the server says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from medtime_backend.client.account import Account
from medtime_backend.client.errors import ProblemError, UnexpectedAnswerError, UnsettledError
from medtime_backend.client.messages import Page, Problem
from medtime_backend.client.replica import Replica
from medtime_backend.client.service import Service
from medtime_backend.client.settling import Settling
from medtime_backend.client.state import DeviceState

ROUNDS: Final = 10  # conflicts or fresh starts within one push or pull, each caused by somebody else's write
PAGES: Final = 100_000


@dataclass(frozen=True)
class Pulling:
    """Brings the copies in `state` up to date, then has conflicts settled. Pages of `page_size`, or the largest."""

    service: Service
    device_id: str
    page_size: int | None
    state: DeviceState = field(repr=False)
    save: Callable[[DeviceState], None]
    account: Account
    settling: Settling

    async def pull(self, owner: str | None = None) -> int:
        """Fetch what is new for this user, or an owner cared for; return how many entities came. Raises SyncError."""
        await self.account.identify()
        # Without a clock too: what was pushed before the first pull may be deleted, and even purged, by now.
        if not self.state.replica(owner).clock:
            self._start_over(self.state.replica(owner))
        came = restarts = 0
        for _ in range(PAGES):
            replica = self.state.replica(owner)
            try:
                page = await self._page(replica, owner)
            except ProblemError as error:
                restarts += 1
                if restarts > ROUNDS:
                    raise UnsettledError("told to start over, again and again") from error
                if not await self._can_go_on(error.problem, replica, owner):
                    raise
                continue
            self._take_in(page, replica)
            came += len(page.entities)
            if not page.has_more:
                self.settling.settle_all()
                return came
        raise UnsettledError("the feed does not end")

    async def pull_anew(self, *, restored: bool) -> None:
        """Fetch all of this user's again; `restored` if the server may have lost some of it. Raises SyncError."""
        self._start_over(self.state.own, restored=restored)
        await self.pull()

    async def _page(self, replica: Replica, owner: str | None) -> Page:
        limit = self.page_size or self.state.limits.entities_per_page
        params = {"device_id": self.device_id, "limit": str(limit)}
        params |= {"clock": replica.clock} if replica.clock else {}
        params |= {"owner": owner} if owner else {}
        page = await self.service.get("/sync/pull", Page, params)
        if page.has_more and page.clock == replica.clock:
            raise UnexpectedAnswerError("a page that does not advance the clock")
        return page

    def _take_in(self, page: Page, replica: Replica) -> None:
        for row in page.entities:
            self.state.apply(replica, row)
        replica.clock = page.clock  # only now: a clock ahead of the data would lose it
        if not page.has_more:
            replica.drop_unseen()
        self.save(self.state)

    async def _can_go_on(self, problem: Problem, replica: Replica, owner: str | None) -> bool:
        """Act on a refused pull; True if it can be tried again."""
        if problem.slug == "not-a-caregiver" and owner is not None:
            self.state.shared.pop(owner, None)
            self.save(self.state)
        if problem.slug != "resync-required" or not replica.clock:
            return False
        if problem.reason == "foreign":
            await self.account.status()  # raises if the token is of another user than the state
        self._start_over(replica, restored=problem.reason == "epoch")
        return True

    def _start_over(self, replica: Replica, *, restored: bool = False) -> None:
        # A copy of another owner's is only read: it is what the server has.
        replica.start_over(restored=restored and replica is self.state.own)
        self.save(self.state)
