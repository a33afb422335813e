"""A replica is believed only while it is of the primary's very history: positions of two cannot be compared."""

from pathlib import Path

import asyncpg
import pytest
import structlog
from structlog.testing import LogCapture

from medtime_backend import read_replica, replica_presence
from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.serve.copies import copy, server, until
from tests.serve.standby import Standby, source, standby
from tests.serve.test_read_replica import outcomes, pulled, reading, used

pytestmark = pytest.mark.xdist_group("serve")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    """What is logged of the replica; it is left alone for no time."""
    captured = LogCapture()
    monkeypatch.setattr(replica_presence, "log", structlog.wrap_logger(None, [captured]))
    monkeypatch.setattr(replica_presence, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(read_replica, "PATIENCE_SECONDS", 20)
    return captured


async def test_one_of_the_lost_history_is_not_believed_however_far_it_is(
    stack: StackInfo, admin: asyncpg.Connection, user: Account, tmp_path: Path, told: LogCapture
) -> None:
    await user.push("phone", entity())
    await copy(admin, stack.data_dir / "postgres", tmp_path / "restored")
    (tmp_path / "restored/recovery.signal").touch()
    async with (
        server(stack, tmp_path / "restored", {"restore_command": "false"}) as restored,
        standby(stack, tmp_path) as lost,
    ):
        await until(restored.admin, "select not pg_is_in_recovery()")
        # What the restored server does not have; so its replica of once is ahead of it.
        assert (await user.push("tablet", entity())).status_code == 200
        await lost.caught_up()
        flushed = await restored.admin.fetchval("select pg_current_wal_flush_lsn()::text")
        assert await lost.server.admin.fetchval("select pg_last_wal_replay_lsn() >= $1::text::pg_lsn", flushed)
        async with reading(restored.service_url, lost) as (reads, metrics):
            first = await pulled(reads, user, None)
            assert len(first.entities) == 1
            assert (await pulled(reads, user, first.clock)).entities == []
            assert outcomes(metrics) == {"refused": 1}
        assert [entry["code"] for entry in told.entries] == ["other-history"]
        (tmp_path / "again").mkdir()
        async with (
            standby(stack, tmp_path / "again", restored) as found,
            reading(restored.service_url, found) as (reads, metrics),
        ):
            assert (await pulled(reads, user, first.clock)).entities == []
            await used(reads, found)
            assert (await pulled(reads, user, first.clock)).entities == []
            assert outcomes(metrics)["answered"] >= 1


@pytest.mark.usefixtures("told")
async def test_one_that_has_followed_a_failover_is_believed(stack: StackInfo, user: Account, tmp_path: Path) -> None:
    for name in ("next", "other"):
        (tmp_path / name).mkdir()
    async with standby(stack, tmp_path / "next") as heir, standby(stack, tmp_path / "other") as other:
        # Of the heir from now on, so that it is never ahead of it.
        follow, heirs = other.server.admin, heir.server.admin
        await follow.execute(f"alter system set primary_conninfo = '{source(heir.server.admin_url)}'")
        await follow.execute("select pg_reload_conf()")
        await until(heirs, "select count(*) > 0 from pg_stat_replication")
        await user.push("phone", entity())
        await heir.caught_up()
        await heirs.execute("select pg_promote()")
        async with reading(heir.server.service_url, other) as (reads, metrics):
            clock = (await pulled(reads, user, None)).clock
            # It notes the new history in its control file with its next restart point: in minutes, by itself.
            await heirs.execute("checkpoint")
            flushed = await heirs.fetchval("select pg_current_wal_flush_lsn()::text")
            await until(follow, "select pg_last_wal_replay_lsn() >= $1::text::pg_lsn", flushed)
            await follow.execute("checkpoint")
            await used(reads, Standby(other.server, heirs))
            assert (await pulled(reads, user, clock)).entities == []
            assert outcomes(metrics)["answered"] >= 1
