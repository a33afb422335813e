"""What can happen to the devices of a user, in any order."""

from collections.abc import Coroutine
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.simulation.bench import Bench
from tests.simulation.happenings import (
    CHOICES,
    DOINGS,
    EVENTS,
    FAULTS,
    FORMATS,
    LIMITS,
    PICKS,
    SEVERAL,
    SLOTS,
    Doing,
    Format,
)
from tests.simulation.phone import Choice, Phone
from tests.simulation.wire import FINE, REQUEST_LOST
from tests.simulation.world import IDS, World


class SyncMachine(RuleBasedStateMachine):
    """Three to six devices and a caregiver. Each answer is checked by the referee, the rest is checked at the end."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.world: World = bench.run(World.begin(bench))
        self.words = 0
        self.fresh_ids = len(IDS)
        self.failed = False

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run it; after a failure nothing more is checked, so that the first one is reported."""
        try:
            self.bench.run(work)
        except BaseException:
            self.failed = True
            raise

    def phone(self, pick: int) -> Phone:
        return self.world.phones[pick % len(self.world.phones)]

    def write(self, phone: Phone, slot: int) -> None:
        self.words += 1
        phone.write(IDS[slot], ("note", "dose")[slot % 2], b"%d" % self.words)

    async def call(self, phone: Phone, action: str, faults: list[str], limit: int = 100) -> None:
        await phone.call(action, faults, limit)
        phone.account_for_edits()

    @initialize(formats=st.lists(FORMATS, min_size=3, max_size=5))
    def begin(self, formats: list[Format]) -> None:
        for format_ in formats:
            self.world.add_phone(format_)

    @invariant()
    def status_is_true(self) -> None:
        if self.world.model.unchecked and not self.failed:
            self.run(self.world.check_status())

    # Local work and calls.

    def do(self, doing: Doing) -> None:
        """Somebody edits on a device, which then calls the server, or stays offline."""
        phone = self.phone(doing.pick)
        phone.choice = doing.choice
        for kind, slot in doing.edits:
            if kind == "delete":
                phone.delete(slot)
            else:
                self.write(phone, slot)
        if doing.action:
            self.run(self.call(phone, doing.action, doing.faults, doing.limit))
        if doing.again:
            self.run(self.world.deliver(-1))

    @rule(doing=DOINGS)
    def use(self, doing: Doing) -> None:
        self.do(doing)

    @rule(pick=PICKS, amount=st.integers(2, 6), loss=FAULTS)
    def write_several(self, pick: int, amount: int, loss: list[str]) -> None:
        """New entities, no id of which is used again."""
        phone = self.phone(pick)
        for _ in range(amount):
            self.fresh_ids -= 1
            self.write(phone, self.fresh_ids)
        self.run(self.call(phone, "push", loss))

    @rule(picks=SEVERAL, slot=SLOTS, choice=CHOICES, deletes=st.booleans())
    def conflict(self, picks: list[int], slot: int, choice: Choice, deletes: bool) -> None:  # noqa: FBT001 - drawn
        """Several devices edit one entity, and sync one after the other."""
        phones = [self.phone(pick) for pick in picks]
        for phone in phones:
            phone.choice = choice
            self.write(phone, slot)
        if deletes:
            phones[0].delete(phones[0].device.ids().index(IDS[slot]))
        for phone in phones:
            self.run(self.call(phone, "sync", []))

    @rule(doings=st.lists(DOINGS, min_size=2, max_size=4), slot=SLOTS)
    def race(self, doings: list[Doing], slot: int) -> None:
        """Several devices edit one entity, and call the server at the same time."""
        phones = {self.phone(doing.pick).device_id: (self.phone(doing.pick), doing) for doing in doings}
        for phone, doing in phones.values():
            phone.choice = doing.choice
            self.write(phone, slot)
            self.write(phone, doing.limit % 5)
        calls = [phone.call(doing.action or "push") for phone, doing in phones.values()]
        self.run(self.world.race(*calls, self.world.care(2)))

    @rule(pick=PICKS, which=PICKS, newcomer=st.booleans())
    def delete_and_purge(self, pick: int, which: int, newcomer: bool) -> None:  # noqa: FBT001 - drawn
        """A deletion that devices which are away will never hear of; the first pull of a new one is cut off by it."""
        phone = self.phone(pick)
        self.run(self.call(phone, "sync", []))
        if newcomer:
            self.world.add_phone("json")
            self.run(self.call(self.world.phones[-1], "pull", [FINE] + [REQUEST_LOST] * 4, 1))
        phone.delete(which)
        self.run(self.call(phone, "sync", []))
        self.run(self.world.purge(-1))

    # The world around them.

    @rule(pick=PICKS, what=st.sampled_from(["back up", "restore", "restore", "buy"]), format_=FORMATS)
    def change_phone(self, pick: int, what: str, format_: Format) -> None:
        if what == "back up":
            self.phone(pick).keep_backup()
        elif what == "restore":
            self.phone(pick).restore()
        else:
            self.world.add_phone(format_)

    @rule(back=st.just(1) | PICKS, times=st.integers(1, 3))
    def deliver_again(self, back: int, times: int) -> None:
        """The network delivers a push again, mostly the last one."""
        self.run(self.world.deliver(-back, times))

    @rule(upheaval=st.tuples(st.booleans(), DOINGS))
    def turn(self, upheaval: tuple[bool, Doing]) -> None:
        """The clock of Postgres steps back, or its history begins anew; then somebody goes on."""
        epoch, doing = upheaval
        self.run(self.world.renew_epoch() if epoch else self.world.step_clock_back())
        self.do(doing)

    @rule(event=st.tuples(EVENTS, PICKS, LIMITS, FORMATS))
    def befall(self, event: tuple[str, int, int, Format]) -> None:
        """What is no device's doing."""
        (what, pick, limit, format_), world = event, self.world
        if what == "purge":
            self.run(world.purge(pick))
        elif what == "purge during pulls":
            pulls = [phone.call("pull", page_size=1 + limit % 3) for phone in world.phones]
            self.run(world.race(*pulls, world.purge(pick)))
        elif what == "rest":
            self.run(world.quiesce())
        elif what == "browse":
            times = [row.updated_at for row in world.model.rows.values()]
            since = times[pick % len(times)] if times and limit % 2 else None
            self.run(world.browse(limit, (None, "note", "dose")[pick % 3], format_, since))
        else:
            self.run(world.set_link(active=what == "care"))
            self.run(world.care(limit))

    def teardown(self) -> None:
        if not self.failed:
            self.run(self.world.quiesce())
        self.bench.run(self.world.end())
