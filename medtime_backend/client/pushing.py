"""Pushing: batch by batch what was edited here, and what to do when the server refuses one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

from medtime_backend.client.account import Account
from medtime_backend.client.errors import ProblemError, SyncError, UnexpectedAnswerError, UnsettledError
from medtime_backend.client.messages import Clash, Push, Receipt
from medtime_backend.client.pulling import ROUNDS, Pulling
from medtime_backend.client.replica import Remote
from medtime_backend.client.service import Service
from medtime_backend.client.settling import Settling
from medtime_backend.client.state import DeviceState

TOO_LARGE: Final = "too-large"


@dataclass(frozen=True)
class Pushing:
    """Sends the edits in `state`. What a refusal shows to be missing here comes by `pulling`."""

    service: Service
    device_id: str
    state: DeviceState = field(repr=False)
    save: Callable[[DeviceState], None]
    account: Account
    settling: Settling
    pulling: Pulling

    async def push(self) -> int:
        """Send all edits, as many at once as fit; return how many were taken. Raises SyncError."""
        await self.account.identify()
        self.settling.settle_all()
        taken = rounds = 0
        at_most = self.state.limits.entities_per_push
        while batch := self.state.next_batch(at_most):
            self.save(self.state)  # before sending: after a crash the same bytes must go again
            clock = self.state.own.clock
            try:
                receipt = await self.service.post("/sync/push", Receipt, Push(self.device_id, batch, clock))
            except SyncError as error:
                if fewer := self._set_aside(error):
                    at_most = fewer
                    continue  # ends: less is left each time
                rounds += 1
                if rounds > ROUNDS:
                    raise UnsettledError("conflicts, again and again") from error
                if not await self._catch_up(error):
                    raise
                continue
            self._note_written(receipt, clock)
            taken += len(receipt.entities)
        self.save(self.state)  # next_batch drops what was made and deleted here
        return taken

    def _note_written(self, receipt: Receipt, clock: str) -> None:
        if {written.id for written in receipt.entities} != self.state.pending.keys():
            raise UnexpectedAnswerError("a receipt for other entities than were sent")
        for written in receipt.entities:
            self.state.accept(written.id, written.version, self.state.pending[written.id].blob)
        if clock:  # a clock given without ours knows less than the next pull will
            self.state.own.clock = receipt.clock
        self.save(self.state)

    def _set_aside(self, error: SyncError) -> int:
        """Act on a push refused for its content; return how many entities to try at once now, 0 if it was not.

        What the problem names is set aside. If it names nothing, halving finds what the rest must not wait for.
        """
        pending, problem = self.state.pending, error.problem if isinstance(error, ProblemError) else None
        too_large = error.status == httpx.codes.REQUEST_ENTITY_TOO_LARGE  # a gateway may say so without a problem
        if problem is not None and problem.slug == "quota-exceeded":
            # Nobody's fault: the edits stay. In smaller pushes, deletions and what still fits get through.
            self.state.pending = {}
            self.save(self.state)
            return len(pending) // 2
        if not too_large and (problem is None or error.status not in {400, 422}):
            return 0
        named = {str(e.id): e.reason for e in (problem.entities if problem else []) if e.id in pending}
        divisible = too_large or error.status == httpx.codes.UNPROCESSABLE_ENTITY
        if not named and divisible and len(pending) == 1:
            named = dict.fromkeys(pending, problem.slug if problem else TOO_LARGE)
        # A definite no: had an earlier try of these bytes been stored, this one would have been a success.
        self.state.pending = {}
        self.state.rejected |= named
        self.save(self.state)
        if named:
            return self.state.limits.entities_per_push
        return len(pending) // 2 if divisible else 0

    async def _catch_up(self, error: SyncError) -> bool:
        """Pull what a refused push shows to be missing here; True if it can be tried again."""
        problem = error.problem if isinstance(error, ProblemError) else None
        if problem is not None and problem.slug == "version-conflict":
            await self._meet(problem.conflicts)
        elif problem is not None and problem.slug == "resync-required":
            await self.pulling.pull_anew(restored=problem.reason == "epoch")
        else:
            return False
        return True

    async def _meet(self, clashes: list[Clash]) -> None:
        """Bring in the other side of each conflict of a push, and settle it."""
        pending, entities = self.state.pending, self.state.own.entities
        for clash in clashes:
            item = pending.get(clash.id)
            if item and clash.server_checksum == item.checksum and clash.server_version:
                self.state.accept(clash.id, clash.server_version, item.blob)  # our own write
            elif item and clash.reason == "unknown":
                entities[clash.id].theirs = Remote()
        await self.pulling.pull()
        # What the feed did not bring lies below our clock, so the server lost something: start over.
        unseen = [c.id for c in clashes if c.id in pending and entities[c.id].theirs is None]
        if unseen:
            await self.pulling.pull_anew(restored=True)
        # Kept until here: by these bytes the pull knows our own writes. Nothing of this push was written.
        self.state.pending = {}
        self.save(self.state)
