"""The account as the server acknowledged it, and what it must answer next: the protocol in plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from medtime_backend.client.messages import Item
from medtime_backend.integrity import TOMBSTONE_CHECKSUM, digest_of
from medtime_backend.vector_clock import Clock

LONG_AGO = datetime.min.replace(tzinfo=UTC)
WRITES = {"insert", "update"}
AGREED = WRITES | {"retry"}


class ViolationError(AssertionError):
    """The server or a client broke the protocol."""


def expect(true: object, what: str, *facts: object) -> None:
    """Raise ViolationError, with the facts, unless it is true."""
    if not true:
        raise ViolationError(": ".join([what, *map(repr, facts)]))


@dataclass(frozen=True)
class Row:
    """An entity as stored. `seq` is 0 until the database has told which dot it gave."""

    id: str
    entity_type: str
    version: int
    checksum: str
    size: int
    deleted: bool
    device: str
    seq: int = 0
    updated_at: datetime = LONG_AGO


@dataclass
class Model:
    """One owner's account. `acked` has all that was ever acknowledged, `texts` the cleartext by checksum."""

    owner: UUID
    epoch: UUID
    rows: dict[str, Row] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    horizon: dict[str, int] = field(default_factory=dict)
    purges: int = 0
    purged_until: datetime = LONG_AGO
    newest: datetime = LONG_AGO
    acked: dict[str, set[Row]] = field(default_factory=lambda: defaultdict(set))
    texts: dict[str, bytes | None] = field(default_factory=lambda: {TOMBSTONE_CHECKSUM: None})
    unchecked: bool = True
    """Something was written since the last look at the status."""

    def fate(self, item: Item, device: str) -> str:
        """What must become of one entity of a push."""
        row, base = self.rows.get(item.id), item.base_version
        if row is None:
            return "unknown" if base else "insert"
        if base == row.version:
            return "update"
        if base > row.version:
            return "ahead"
        sent = (base + 1, item.checksum, item.deleted, device)
        if sent == (row.version, row.checksum, row.deleted, row.device):
            return "retry"
        return "deleted" if row.deleted else "stale" if base else "exists"

    def record(self, item: Item, device: str, version: int) -> None:
        """Note what the server acknowledged: a retry of the current state, or the version right after it."""
        row = self.rows.get(item.id)
        wrote = Row(item.id, item.entity_type, version, item.checksum, len(item.blob), item.deleted, device)
        expect(version == item.base_version + 1, "a write on another base than it was made on", item.id, version)
        if row is not None and row.version == version:
            expect(replace(row, seq=0, updated_at=LONG_AGO) == wrote, "one version, two states", row, wrote)
            return
        expect(version == (row.version if row else 0) + 1, "versions grow by one", row, wrote)
        self.rows[item.id] = wrote
        self.acked[item.id].add(wrote)
        self.counters[device] = self.counters.get(device, 0) + 1
        self.unchecked = True

    def was_acked(self, entity_id: str, text: bytes | None) -> bool:
        """Whether this cleartext (None: a deletion) was ever acknowledged as that entity."""
        return any(self.texts[row.checksum] == text for row in self.acked[entity_id])

    def live(self) -> dict[str, bytes | None]:
        """What everybody must see in the end."""
        return {row.id: self.texts[row.checksum] for row in self.rows.values() if not row.deleted}

    def purge(self, before: datetime) -> bool:
        """Forget the tombstones older than the moment; whether there were any."""
        dead = [row for row in self.rows.values() if row.deleted and row.updated_at < before]
        for row in dead:
            self.horizon[row.device] = max(row.seq, self.horizon.get(row.device, 0))
            self.purged_until = max(row.updated_at, self.purged_until)
            del self.rows[row.id]
        self.unchecked |= bool(dead)
        return bool(dead)

    def refusal(self, known: Clock | datetime | None) -> str:
        """Why a pull from this clock or moment must be told to start over; empty if it must not."""
        if known is None:
            return ""
        if isinstance(known, datetime):
            return "purged" if known < self.purged_until else ""
        if known.epoch != self.epoch:
            return "epoch"
        missed = any(known.counters.get(device, 0) < seq for device, seq in self.horizon.items())
        return "purged" if missed and known.purges != self.purges else ""

    def news(self, known: Clock | datetime | None, entity_type: str | None) -> list[Row]:
        """All that is news to a clock, or since a moment, oldest change first."""
        found = [row for row in self.rows.values() if entity_type in {None, row.entity_type}]
        if isinstance(known, datetime):
            found = [row for row in found if row.updated_at > known]
        elif known is not None:
            found = [row for row in found if row.seq > known.counters.get(row.device, 0)]
        return sorted(found, key=lambda row: row.updated_at)

    def complete_clock(self) -> dict[str, int]:
        """The clock that knows everything."""
        devices = self.counters.keys() | self.horizon.keys()
        return {device: max(self.counters.get(device, 0), self.horizon.get(device, 0)) for device in devices}

    def totals(self) -> dict[str, tuple[int, int, str]]:
        """Count, bytes and digest of the live entities of each type."""
        types: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows.values():
            if not row.deleted:
                types[row.entity_type].append(row)
        return {
            name: (len(rows), sum(r.size for r in rows), digest_of({r.id: (r.version, r.checksum) for r in rows}))
            for name, rows in types.items()
        }

    def audit(self, stored: Iterable[Row], counters: Mapping[str, int], horizon: Mapping[str, int]) -> None:
        """Compare with what the database holds, and learn the dots of what was just written."""
        found = {row.id: row for row in stored}
        expect(found.keys() == self.rows.keys(), "stored other entities than acknowledged", *found.keys() ^ self.rows)
        before, newest = {row.device: 0 for row in found.values()}, self.newest
        for row in sorted(found.values(), key=lambda row: row.updated_at):
            mine = self.rows[row.id]
            if mine.seq == 0:
                expect(row.updated_at > newest, "time went back", row, newest)
                mine = replace(mine, seq=row.seq, updated_at=row.updated_at)
            expect(mine == row, "stored another state than acknowledged", row, mine)
            expect(before[row.device] < row.seq <= self.counters[row.device], "a wrong dot", row, self.counters)
            before[row.device] = row.seq
            self.rows[row.id] = row
            self.newest = max(self.newest, row.updated_at)
        expect(
            counters == self.counters, "counters that moved without a write, or not with one", counters, self.counters
        )
        expect(horizon == self.horizon, "a wrong horizon", horizon, self.horizon)
