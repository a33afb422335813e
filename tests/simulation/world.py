"""A user with several devices and a caregiver, on the real stack, and what befalls them."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

import httpx
import msgspec

from medtime_backend.client import ProblemError
from medtime_backend.envelope import associated_data, open_
from medtime_backend.local.tokens import TokenClaims, mint
from tests.accounts import add_session, add_user, link
from tests.simulation.bench import STEP_BACK, Bench
from tests.simulation.model import Model, expect
from tests.simulation.phone import KEY, Phone
from tests.simulation.referee import Referee
from tests.simulation.wire import Letter, Wire

ROUNDS = 4  # one to send, one to fetch what the later ones sent, one to see that nothing is left, one to spare
IDS = [str(uuid5(UUID(int=0), str(number))) for number in range(200)]  # in no order


@dataclass
class World:
    """`phones` are the owner's devices; `letters` all pushes ever sent, delivered or not."""

    bench: Bench
    owner: UUID
    caregiver_id: UUID
    sessions: dict[UUID, UUID]
    model: Model

    @classmethod
    async def begin(cls, bench: Bench) -> "World":
        """A new user without data, and a caregiver who may read."""
        owner, caregiver = await add_user(bench.admin), await add_user(bench.admin)
        await link(bench.admin, caregiver, owner)
        epoch = await bench.admin.fetchval("select epoch from private.epoch")
        sessions = {user: await add_session(bench.admin, user) for user in (owner, caregiver)}
        return cls(bench, owner, caregiver, sessions, Model(owner, epoch))

    def __post_init__(self) -> None:
        self.referee = Referee(self.model, self.audit)
        self.letters: dict[bytes, Letter] = {}
        self.phones: list[Phone] = []
        self.made = 0
        self.caregiver = self._phone(self.caregiver_id, "caregiver", "json")
        self.caregiver.device.shared_keys = {str(self.owner): KEY}
        self.caregiver.device.state.owner = str(self.caregiver_id)
        self.reader = self._phone(self.owner, "reader", "json")  # raw requests of the owner

    def _phone(self, user_id: UUID, device_id: str, format_: Literal["json", "msgpack"]) -> Phone:
        session = str(self.sessions[user_id])
        token = mint(self.bench.key, TokenClaims(user_id=str(user_id), session_id=session))
        wire = Wire(self.bench.transport, self.referee.see, self._keep)
        return Phone(self.model, wire, next(self.bench.addresses), token, device_id, format_)

    def _keep(self, letter: Letter) -> None:
        """Note a push before it is sent: others may pull what it says before its answer is here."""
        self.letters.setdefault(letter.content, letter)
        for item in letter.read().entities:
            data = associated_data(str(self.owner), item.id, item.entity_type)
            self.model.texts[item.checksum] = open_(KEY, item.blob, data) if item.blob else None

    def add_phone(self, format_: Literal["json", "msgpack"]) -> None:
        """A brand-new device; the sixth and later ones replace the oldest, with all it has not sent."""
        self.made += 1
        self.phones.append(self._phone(self.owner, f"phone-{self.made}", format_))
        self.phones = self.phones[-6:]

    async def audit(self) -> None:
        """Compare the database with the model."""
        counters, horizon, purges = await self.bench.numbers(self.owner)
        self.model.audit(await self.bench.stored(self.owner), counters, horizon)
        expect(purges == self.model.purges, "purges", purges, self.model.purges)

    async def check_status(self) -> None:
        await self.reader.http.get(
            "/sync/status", params={"digest": "true"}, headers={"authorization": f"Bearer {self.reader.token}"}
        )
        expect(not self.model.unchecked, "a status without digests")

    # What befalls them.

    async def deliver(self, pick: int, times: int = 1) -> None:
        """The network delivers an old push again."""
        if self.letters:
            letter = list(self.letters.values())[pick % len(self.letters)]
            headers = {**dict(letter.headers), "authorization": f"Bearer {self.reader.token}"}
            for _ in range(times):
                await self.reader.http.post("/sync/push", content=letter.content, headers=headers)
            await self.audit()

    async def browse(self, limit: int, entity_type: str | None, format_: str, since: datetime | None = None) -> None:
        """A complete pull from the beginning, or since a moment: no entity comes twice."""
        headers = {"authorization": f"Bearer {self.reader.token}", "accept": f"application/{format_}"}
        params = {"device_id": "reader", "limit": str(limit)} | ({"entity_type": entity_type} if entity_type else {})
        params |= {"since": since.isoformat()} if since else {}
        seen: list[str] = []
        for _ in range(len(self.model.rows) + 1):
            answer = await self.reader.http.get("/sync/pull", params=params, headers=headers)
            if answer.status_code == httpx.codes.GONE:
                return
            decode: Any = msgspec.json.decode if format_ == "json" else msgspec.msgpack.decode
            page = decode(answer.content)
            seen += [str(entity["id"]) for entity in page["entities"]]
            params = {**params, "clock": page["clock"]}
            params.pop("since", None)
            if not page["has_more"]:
                break
        wanted = sorted(row.id for row in self.model.news(since, entity_type))
        expect(sorted(seen) == wanted, "a complete pull is not the account", seen, wanted)

    async def purge(self, pick: int) -> None:
        """Purge the tombstones up to one of them."""
        dead = sorted(row.updated_at for row in self.model.rows.values() if row.deleted)
        before = dead[pick % len(dead)] + timedelta(microseconds=1) if dead else datetime.now(UTC)
        for _ in range(100):
            if not await self.bench.admin.fetchval("select private.purge_tombstones($1)", before):
                break
        if self.model.purge(before):
            *_, purges = await self.bench.numbers(self.owner)
            expect(purges > self.model.purges, "a purge that is not counted")
            self.model.purges = purges  # tombstones of other owners may have made it several batches

    async def step_clock_back(self) -> None:
        """What is stored lies in the future now, as it does after the clock of Postgres has stepped back."""
        self.model.newest = await self.bench.admin.fetchval(STEP_BACK, self.owner) or self.model.newest

    async def renew_epoch(self) -> None:
        self.model.epoch = await self.bench.admin.fetchval("select private.renew_epoch()")

    async def set_link(self, *, active: bool) -> None:
        await link(self.bench.admin, self.caregiver_id, self.owner, "active" if active else "revoked")
        self.referee.shared = active

    async def care(self, limit: int) -> None:
        """The caregiver pulls: all of it, or nothing and then keeps nothing."""
        device = self.caregiver.device
        device.page_size = limit
        try:
            await device.pull(str(self.owner))
        except ProblemError as error:
            expect(error.problem.slug == "not-a-caregiver" and not self.referee.shared, "refused", error.problem.slug)
            expect(not device.state.shared, "a revoked caregiver keeps a copy")
            return
        held = {i: device.get(i, str(self.owner)) for i in device.ids(str(self.owner))}
        expect(self.referee.racing or held == self.model.live(), "the caregiver holds another state", held)

    async def race(self, *work: Coroutine[Any, Any, Any]) -> None:
        """Several act at the same time."""
        self.referee.start_race()
        ends = await asyncio.gather(*work, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        await self.referee.end_race()
        for phone in self.phones:
            phone.account_for_edits()

    async def quiesce(self) -> None:
        """All devices sync until none has anything to do; then all hold the same, and it is what was acknowledged."""
        for _ in range(ROUNDS):
            moved = 0
            for phone in self.phones:
                moved += await phone.call("sync")
                phone.account_for_edits()
            if not moved:
                break
        else:
            expect(False, "the devices do not come to rest")  # noqa: FBT003 - reads as an assertion
        for phone in self.phones:
            phone.expect_clean()
            expect(phone.holds() == self.model.live(), "a device holds another state", phone.device_id, phone.holds())
            expect(await phone.device.verify() == [], "a device cannot verify", phone.device_id)
        await self.set_link(active=True)
        await self.care(100)
        await self.audit()

    async def end(self) -> None:
        """Remove the users, and with them all their data."""
        await self.bench.admin.execute("delete from auth.users where id = any($1)", [self.owner, self.caregiver_id])
