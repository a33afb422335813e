"""`medtime epoch`: after a restore from backup no device loses or overwrites anything (S3, S33)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from medtime_backend.client import Device, DeviceState
from medtime_backend.local.options import StackInfo
from medtime_backend.local.shadow import Shadow, ShadowDatabase
from tests.accounts import Account, add_user, new_account
from tests.cli.in_process import run
from tests.http.own_service import service

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def shadow() -> Iterator[Shadow]:
    with Shadow() as running:
        yield running


@dataclass
class Phone:
    """A device that keeps its state while the server is away."""

    name: str
    user: Account
    state: DeviceState = field(default_factory=DeviceState)

    def at(self, http: httpx.AsyncClient) -> Device:
        async def token(_fresh: bool) -> str:  # noqa: FBT001 - the client's own signature
            return self.user.token

        return Device(http, token, self.name, KEY, str(self.user.user_id), self.state)


@asynccontextmanager
async def open_house(stack: StackInfo, *phones: Phone) -> AsyncIterator[list[Device]]:
    """A service on this database and the phones that call it; afterwards nobody is connected any more."""
    async with AsyncExitStack() as opened:
        url = await opened.enter_async_context(service(stack))
        https = [await opened.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30)) for _ in phones]
        yield [phone.at(http) for phone, http in zip(phones, https, strict=True)]


async def copied(admin_url: str, source: str, target: str) -> None:
    """Make a database that is a copy of another, in place of one that is there."""
    connection = await asyncpg.connect(
        admin_url.replace(f"/{source}?", "/template1?").replace(f"/{target}?", "/template1?")
    )
    try:
        await connection.execute(f"drop database if exists {target} with (force)")
        await connection.execute(f"create database {target} template {source} owner postgres")
    finally:
        await connection.close()


def contents(device: Device) -> dict[str, bytes | None]:
    return {entity_id: device.get(entity_id) for entity_id in device.ids()}


async def renewed(database: ShadowDatabase) -> Any:
    answer = await run("epoch", "renew", "--yes", "--json", "--db-url", database.database_url)
    assert answer.code == 0, answer.err
    return answer.json


@asynccontextmanager
async def family_of_devices(
    stack: StackInfo, shadow: Shadow
) -> AsyncIterator[tuple[StackInfo, ShadowDatabase, Account]]:
    """A database of its own, its service's settings, and a user in it."""
    async with shadow.copy() as database:
        own = replace(
            stack,
            service_database_url=database.service_database_url,
            admin_database_url=database.admin_database_url,
        )
        connection = await asyncpg.connect(database.admin_database_url)
        try:
            account = await new_account(own, connection)
        finally:
            await connection.close()
        yield own, database, account
        await account.http.aclose()


async def test_after_a_restore_nothing_is_lost_and_nothing_overwritten(stack: StackInfo, shadow: Shadow) -> None:
    async with family_of_devices(stack, shadow) as (own, database, user):
        phone, tablet = Phone("phone", user), Phone("tablet", user)
        async with open_house(own, phone, tablet) as (a, b):
            kept = a.put("note", b"kept")
            edited = a.put("note", b"edited, before the backup")
            dropped = a.put("note", b"deleted after the backup")
            await a.sync()
            await b.sync()
        backup = f"{database.name}_backup"
        await copied(database.admin_database_url, database.name, backup)
        async with open_house(own, phone, tablet) as (a, b):
            a.edit(edited, b"edited, after the backup")
            late = a.put("note", b"made after the backup")
            a.delete(dropped)
            await a.sync()
            await b.sync()
            # Never sent: both edit the same entity, and each makes one.
            a.edit(kept, b"kept, edited on the phone")
            b.edit(kept, b"kept, edited on the tablet")
            alone = [a.put("note", b"unsent on the phone"), b.put("note", b"unsent on the tablet")]
        await copied(database.admin_database_url, backup, database.name)
        told = await renewed(database)
        assert told["before"]["epoch"] != told["after"]["epoch"]
        assert told["after"]["devices"] == 2
        async with open_house(own, phone, tablet) as (a, b):
            for device in (a, b, a, b):
                await device.sync()
            assert await a.verify() == await b.verify() == []
            assert contents(a) == contents(b)
            found = contents(a)
        async with open_house(own, Phone("new", user)) as (new,):
            await new.sync()
            assert contents(new) == found
    assert found[late] == b"made after the backup"
    assert [found[one] for one in alone] == [b"unsent on the phone", b"unsent on the tablet"]
    values = list(found.values())
    assert values.count(b"edited, after the backup") >= 1
    assert {b"kept, edited on the phone", b"kept, edited on the tablet"} <= set(values)


async def test_numbers_given_again_are_not_taken_for_known_ones(stack: StackInfo, shadow: Shadow) -> None:
    """What another device writes after the restore has the numbers that the lost writes had: all of it arrives."""
    async with family_of_devices(stack, shadow) as (own, database, user):
        phone, tablet = Phone("phone", user), Phone("tablet", user)
        async with open_house(own, phone, tablet) as (a, b):
            a.put("note", b"first")
            await a.sync()
            await b.sync()
        backup = f"{database.name}_backup"
        await copied(database.admin_database_url, database.name, backup)
        before = phone.state.dump()
        async with open_house(own, phone, tablet) as (a, b):
            a.put("note", b"lost with the phone and the server")
            await a.sync()
            await b.sync()
        await copied(database.admin_database_url, backup, database.name)
        await renewed(database)
        # The phone too begins again from a backup.
        phone.state = DeviceState.load(before)
        async with open_house(own, phone, tablet) as (a, b):
            again = a.put("note", b"with a number given twice")
            await a.sync()
            await b.sync()
            assert b.get(again) == b"with a number given twice"
            await a.sync()
            assert b"lost with the phone and the server" in contents(a).values()


async def test_it_is_shown_and_renewed_only_when_agreed(shadow: Shadow) -> None:
    async with shadow.copy() as database:
        connection = await asyncpg.connect(database.admin_database_url)
        try:
            await connection.execute(
                "insert into private.owners (user_id, reserved_by, reserved_count) values ($1, '7'::xid8, 3)",
                await add_user(connection),
            )
            url = ("--db-url", database.database_url)
            shown = await run("epoch", "show", "--json", *url)
            assert (shown.code, shown.json["devices"]) == (0, 0)
            epoch = str(UUID(shown.json["epoch"]))
            assert epoch in (await run("epoch", "show", *url)).out
            refused = await run("epoch", "renew", *url)
            assert refused.code == 1
            assert f"The epoch {epoch} has held since" in refused.err
            assert "add --yes" in refused.err
            assert (await run("epoch", "show", "--json", *url)).json == shown.json
            done = await run("epoch", "renew", "--yes", *url)
            assert (done.code, epoch in done.err, epoch in done.out) == (0, True, False)
            # In the restored database transactions are numbered anew.
            assert await connection.fetchval("select count(*) from private.owners where reserved_by is not null") == 0
        finally:
            await connection.close()


async def test_mistakes_are_one_line(stack: StackInfo) -> None:
    away = await run("epoch", "renew", "--yes", "--db-url", "postgresql://a:secret@127.0.0.1:1/x")
    assert (away.code, away.out, "secret" in away.err) == (1, "", False)
    assert "cannot be reached" in away.err
    refused = await run("epoch", "show", "--db-url", stack.service_database_url)
    assert (refused.code, "use the one that ran the migrations" in refused.err) == (1, True)
