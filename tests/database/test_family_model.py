"""Three users invite, accept, decline, revoke and let expire, at random, against a model of who may read."""

import random
from collections.abc import Awaitable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import blob
from tests.database.family import Person, expire, people
from tests.database.phone import push

STEPS = 60
DEEDS = ("invite", "accept", "accept", "decline", "revoke", "expire")


@dataclass
class Invitation:
    """What became of a code. `taker` is the caregiver for whom a retry still works."""

    id: UUID
    code: str
    owner: int
    state: str = "open"
    taker: int | None = None


@dataclass
class Model:
    """Who is linked to whom by which link, and what each code still does."""

    invitations: list[Invitation] = field(default_factory=list)
    active: dict[tuple[int, int], UUID] = field(default_factory=dict)
    """(caregiver, owner) → the link."""

    def accept(self, who: int, one: Invitation) -> str:
        if one.owner == who:
            return "invitation-unknown" if one.state == "gone" else "own-invitation"
        if one.state == "taken" and one.taker == who:
            return "done"
        if one.state != "open":
            return "invitation-expired" if one.state == "expired" else "invitation-unknown"
        pair = (who, one.owner)
        for other in self.invitations:
            # The link knows the newest of its codes alone.
            if other.state == "taken" and (other.taker, other.owner) == pair:
                other.state = "gone"
        one.state, one.taker = "taken", who
        self.active.setdefault(pair, one.id)
        return "done"

    def decline(self, who: int, one: Invitation) -> str:
        if one.owner == who and one.state != "gone":
            return "own-invitation"
        if one.state == "expired":
            return "invitation-expired"
        if one.state != "open":
            return "invitation-unknown"
        one.state = "gone"
        return "done"

    def revoke(self, who: int, link: UUID) -> str | None:
        """What is known for sure: whether it is done, or None for a link that has ended or merged before."""
        for pair, active in list(self.active.items()):
            if active == link:
                if who not in pair:
                    return "link-unknown"
                del self.active[pair]
                for one in self.invitations:
                    if one.state == "taken" and (one.taker, one.owner) == pair:
                        one.state = "gone"
                return "done"
        for one in self.invitations:
            if one.id == link and one.state in {"open", "expired"}:
                if who != one.owner:
                    return "link-unknown"
                one.state = "gone"
                return "done"
        return None


async def outcome(call: Awaitable[object]) -> str:
    """Whether it is done, or else the problem's slug."""
    try:
        await call
    except asyncpg.PostgresError as fault:
        return str(fault.message)
    return "done"


async def agree(users: list[Person], model: Model, story: str) -> None:
    """What each user may read is what the model says, by every way to ask."""
    for place, person in enumerate(users):
        owners = {users[owner].user_id for caregiver, owner in model.active if caregiver == place}
        found = await person.phone.fetch("select distinct user_id from public.srv_encrypted_entities")
        assert {row["user_id"] for row in found} == owners | {person.user_id}, story
        links = await person.links()
        assert {one["user_id"] for one in links if (one["status"], one["role"]) == ("active", "caregiver")} == owners, (
            story
        )
        may = {one.user_id for one in users if await person.phone.fetchval("select private.may_read($1)", one.user_id)}
        assert may == owners | {person.user_id}, story


@pytest.mark.parametrize("seed", range(12))
async def test_access_is_what_the_model_says(cluster: StackInfo, superuser: asyncpg.Connection, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable story, not a secret
    model, story = Model(), [f"seed {seed}"]
    async with people(cluster, superuser, 3) as users:
        for person in users:
            await push(person.phone, "phone", (uuid4(), 0, blob()))
        for _ in range(STEPS):
            who, deed = (
                chance.randrange(3),
                chance.choice(["invite", "accept", "accept", "decline", "revoke", "expire"]),
            )
            # Mostly the newest codes, so that more is accepted than refused.
            one = chance.choice(model.invitations[-6:]) if model.invitations else None
            story.append(f"{who} {deed} {one}")
            if deed == "invite" or one is None:
                shown = await users[who].invite()
                model.invitations.append(Invitation(shown["id"], shown["code"], who))
            elif deed == "accept":
                assert await outcome(users[who].accept(one.code)) == model.accept(who, one), story
            elif deed == "decline":
                assert await outcome(users[who].decline(one.code)) == model.decline(who, one), story
            elif deed == "revoke":
                expected = model.revoke(who, one.id)
                assert await outcome(users[who].revoke(one.id)) in (
                    {expected} if expected else {"done", "link-unknown"}
                )
            elif one.state == "open":
                await expire(superuser, one.id)
                one.state = "expired"
            await agree(users, model, "\n".join(story))
