"""Checks each answer of the server against the model: exactly when one device acts, for soundness when several do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from medtime_backend import vector_clock
from medtime_backend.client.messages import Item, Push
from medtime_backend.integrity import checksum_of
from medtime_backend.schemas.sync import PullAnswer, PulledEntity, PushAnswer, StatusAnswer
from medtime_backend.vector_clock import Clock
from tests.simulation.model import AGREED, Model, Row, expect
from tests.simulation.wire import Exchange


def _row_of(entity: PulledEntity) -> Row:
    expect(checksum_of(entity.blob) == entity.checksum, "a checksum of other bytes", entity.id)
    expect(len(entity.blob) == entity.blob_size, "a size of other bytes", entity.id)
    return Row(
        id=str(entity.id),
        entity_type=entity.entity_type,
        version=entity.version,
        checksum=entity.checksum,
        size=entity.blob_size,
        deleted=entity.deleted,
        device=entity.client_id,
        seq=entity.client_seq,
        updated_at=datetime.fromisoformat(entity.updated_at),
    )


@dataclass
class Referee:
    """`audit` compares the database with the model."""

    model: Model
    audit: Callable[[], Awaitable[None]]
    shared: bool = True
    """Whether the caregiver may read."""
    racing: bool = False
    acks: list[tuple[Item, str, int]] = field(default_factory=list)
    delivered: list[Row] = field(default_factory=list)

    async def see(self, exchange: Exchange) -> None:
        """Check one answer. Raises ViolationError."""
        expect(exchange.status < 500, "the server broke", exchange.path, exchange.status, exchange.content)
        if exchange.letter is not None:
            await self._push(exchange, exchange.letter.read())
        elif exchange.path == "/sync/pull":
            self._pull(exchange)
        elif exchange.path == "/sync/status" and not self.racing:
            self._status(exchange.read(StatusAnswer))

    def start_race(self) -> None:
        """From here on several devices act at once."""
        self.racing = True

    async def end_race(self) -> None:
        """Check what was acknowledged and delivered meanwhile."""
        self.racing = False
        for item, device, version in sorted(self.acks, key=lambda ack: (ack[0].id, ack[2])):
            self.model.record(item, device, version)
        await self.audit()
        for row in self.delivered:
            states = {(r.version, r.checksum, r.deleted, r.device) for r in self.model.acked[row.id]}
            expect((row.version, row.checksum, row.deleted, row.device) in states, "never acknowledged", row)
        self.acks.clear()
        self.delivered.clear()

    # Push.

    async def _push(self, exchange: Exchange, push: Push) -> None:
        refusal = self.model.refusal(vector_clock.read(push.clock)) if push.clock else ""
        if exchange.status == 410 or (refusal and not self.racing):
            given = exchange.read().get("reason")
            expect(self.racing or given == refusal, "a push refused, or not, wrongly", given, refusal)
            return
        if exchange.status == 409:
            self._conflict(exchange, push)
            return
        expect(exchange.status == 200, "a push refused without a reason", exchange.status, exchange.content)
        answer: PushAnswer = exchange.read(PushAnswer)
        versions = {str(written.id): written.version for written in answer.entities}
        expect([str(e.id) for e in answer.entities] == [i.id for i in push.entities], "an incomplete receipt", answer)
        acks = [(item, push.device_id, versions[item.id]) for item in push.entities]
        if self.racing:
            self.acks += acks
            return
        fates = {item.id: self.model.fate(item, push.device_id) for item in push.entities}
        expect(set(fates.values()) <= AGREED, "a push that conflicts was taken", fates)
        for ack in acks:
            self.model.record(*ack)
        await self.audit()
        self._clock_after(push, vector_clock.read(answer.clock))

    def _conflict(self, exchange: Exchange, push: Push) -> None:
        answer = exchange.read()
        expect(answer["synced"] == 0 and answer["conflicts"], "a conflict without conflicts", answer)
        if self.racing:
            return
        found = {(c["id"], c["reason"], c["base_version"], c["server_version"], c["client_id"], c["server_checksum"])
                 for c in answer["conflicts"]}  # fmt: skip
        clashes = set()
        for item in push.entities:
            if (fate := self.model.fate(item, push.device_id)) not in AGREED:
                row = self.model.rows.get(item.id)
                server = (row.version, row.device, row.checksum) if row else (None, None, None)
                clashes.add((item.id, fate, item.base_version, *server))
        expect(found == clashes, "wrong conflicts", found, clashes)

    def _clock_after(self, push: Push, after: Clock) -> None:
        """The clock of a receipt covers what it covered and this push's own dots, and nothing unseen."""
        held = vector_clock.read(push.clock).counters if push.clock else {}
        own, ids = push.device_id, {item.id for item in push.entities}
        low, high = held.get(own, 0), after.counters.get(own, 0)
        others = {device: seq for device, seq in after.counters.items() if device != own}
        expect(others == {d: seq for d, seq in held.items() if d != own}, "a push moved the clock of others", others)
        mine = [row for row in self.model.rows.values() if row.device == own and row.seq > low]
        unseen = [row for row in mine if row.seq <= high and row.id not in ids]
        expect(not unseen, "the clock after a push covers what its device may not have", unseen)
        expect(not low < self.model.horizon.get(own, 0) <= high, "the clock after a push covers a purge", after)
        if len([row for row in mine if row.id in ids]) == self.model.counters.get(own, 0) - low:
            expect(high == low + len(mine), "a push that hides nothing must move the clock", after)

    # Pull and status.

    def _pull(self, exchange: Exchange) -> None:
        token, kind = exchange.params.get("clock"), exchange.params.get("entity_type")
        clock = vector_clock.read(token) if token else None
        if "owner" in exchange.params and not self.shared:
            expect(exchange.status == 403, "a revoked caregiver was answered", exchange.status)
            return
        since = exchange.params.get("since")
        known = datetime.fromisoformat(since) if since else clock
        reason = self.model.refusal(known)
        if exchange.status == 410 or (reason and not self.racing):
            given = exchange.read().get("reason")
            expect(self.racing or given == reason, "told to start over, or not, wrongly", given, reason)
            return
        expect(exchange.status == 200, "a pull refused without a reason", exchange.status, exchange.content)
        answer: PullAnswer = exchange.read(PullAnswer)
        rows = [_row_of(entity) for entity in answer.entities]
        after = vector_clock.read(answer.clock)
        self._page(rows, clock.counters if clock else {}, after)
        if self.racing:
            self.delivered += rows
            return
        news = self.model.news(known, kind)
        limit = int(exchange.params["limit"])
        expect(rows == news[:limit], "another page than the model's", rows, news[:limit])
        expect(answer.has_more == (len(news) > limit), "has_more", answer.has_more, len(news))
        if not answer.has_more:
            expect(after.counters == self.model.complete_clock(), "the clock at the end", after.counters)

    @staticmethod
    def _page(rows: list[Row], known: object, after: Clock) -> None:
        """True of each page, whatever happens meanwhile."""
        low = dict(known) if isinstance(known, dict) else {}
        expect(len({row.id for row in rows}) == len(rows), "an entity twice in one page", rows)
        expect(all(a.updated_at < b.updated_at for a, b in pairwise(rows)), "not oldest first", rows)
        for row in rows:
            expect(low.get(row.device, 0) < row.seq, "not in order of client_seq, or no news", row, low)
            low[row.device] = row.seq
        expect(all(after.counters.get(d, 0) >= seq for d, seq in low.items()), "the clock went back", after, low)

    def _status(self, answer: StatusAnswer) -> None:
        model = self.model
        if answer.owner != model.owner:
            return
        dead = sum(row.deleted for row in model.rows.values())
        size = sum(row.size for row in model.rows.values())
        expect((answer.entities, answer.tombstones, answer.bytes) == (len(model.rows) - dead, dead, size),
               "wrong totals", answer, len(model.rows), dead, size)  # fmt: skip
        expect(vector_clock.read(answer.clock).counters == model.complete_clock(), "the clock of the status", answer)
        expect(answer.epoch == model.epoch, "the epoch of the status", answer.epoch)
        noted = {device.device_id: device.sync_version for device in answer.devices if device.sync_version}
        expect(noted == model.counters, "the counters of the status", noted, model.counters)
        if isinstance(answer.digests, dict):
            digests = {name: (d.count, d.bytes, d.digest) for name, d in answer.digests.items()}
            expect(digests == model.totals(), "wrong digests", digests, model.totals())
            model.unchecked = False
