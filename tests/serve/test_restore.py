"""The drill of docs/operations.md: base backup, archived WAL, a restore to a point in time, a new epoch, phones."""

from pathlib import Path

import asyncpg
import httpx
import pytest

from medtime_backend.client import Device
from medtime_backend.local.options import StackInfo
from tests.accounts import Account
from tests.cli.in_process import run
from tests.http.problems import problem_of
from tests.http.two_services import at
from tests.serve.copies import copy, give_away, server, until
from tests.serve.served import served

pytestmark = pytest.mark.xdist_group("serve")


def archived(archive: Path) -> dict[str, str]:
    """A server that keeps all of its WAL."""
    return {"archive_mode": "on", "archive_command": f'cp "%p" "{archive}/%f"', "wal_level": "replica"}


def phone_of(user: Account, http: httpx.AsyncClient) -> Device:
    """The user's phone, with the same key each time."""

    async def token(_: bool) -> str:  # noqa: FBT001 - as the client asks
        return user.token

    return Device(http, token, "phone", b"k" * 32, str(user.user_id))


async def test_back_to_a_point_in_time(
    stack: StackInfo, admin: asyncpg.Connection, user: Account, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    give_away(archive)
    # The stack itself is everybody's: what is lost and restored is a copy of it.
    await copy(admin, stack.data_dir / "postgres", tmp_path / "production")
    async with server(stack, tmp_path / "production", archived(archive)) as production:
        await until(production.admin, "select not pg_is_in_recovery()")
        async with served(stack, database_url=production.service_url) as service, at(service.address, user) as there:
            phone = phone_of(user, there.http)
            first = phone.put("note", b"before the backup")
            await phone.sync()
            await copy(production.admin, production.data, tmp_path / "restored")
            second = phone.put("note", b"after the backup")
            await phone.sync()
            await production.admin.execute("select pg_create_restore_point('before the mistake')")
            third = phone.put("note", b"after the point")
            await phone.sync()
            clock = (await there.pull("tablet")).json()["clock"]
            state = phone.state
        # The mistake that all of this is for, and its WAL, which is archived to the last byte.
        await production.admin.execute("truncate public.srv_encrypted_entities")
        last = await production.admin.fetchval("select pg_walfile_name(pg_switch_wal())")
        await until(production.admin, "select last_archived_wal >= $1 from pg_stat_archiver", last)

    (tmp_path / "restored/recovery.signal").touch()
    to_the_point = {
        "restore_command": f'cp "{archive}/%f" "%p"',
        "recovery_target_name": "before the mistake",
        "recovery_target_action": "promote",
    }
    async with server(stack, tmp_path / "restored", to_the_point) as restored:
        await until(restored.admin, "select not pg_is_in_recovery()")
        kept = await restored.admin.fetch(
            "select id::text from public.srv_encrypted_entities where user_id = $1", user.user_id
        )
        assert {row["id"] for row in kept} == {first, second}
        renewed = await run("epoch", "renew", "--yes", "--json", "--db-url", restored.postgres_url)
        assert renewed.code == 0, renewed.err
        async with served(stack, database_url=restored.service_url) as service, at(service.address, user) as there:
            resync = problem_of(await there.pull("tablet", clock), 410, "resync-required")
            assert resync["reason"] == "epoch"
            phone = phone_of(user, there.http)
            phone.state = state
            await phone.sync()
            # What the restore has lost the phone still holds, and puts back.
            assert {phone.get(one) for one in (first, second, third)} == {
                b"before the backup",
                b"after the backup",
                b"after the point",
            }
            assert await phone.verify() == []
            assert len((await there.pull_all("tablet"))[0]) == 3
