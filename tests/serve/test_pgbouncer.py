"""Through a real PgBouncer in transaction mode, with fewer connections to the server than the service has."""

import asyncio
import os
import pwd
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.http.own_service import LOOPBACK, free_port
from tests.http.two_services import at
from tests.serve.served import served

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/sbin:/bin")
pytestmark = [
    pytest.mark.xdist_group("serve"),
    pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed (Debian: pgbouncer)"),
]
SERVER_CONNECTIONS = 2


@asynccontextmanager
async def pooled(stack: StackInfo, folder: Path) -> AsyncIterator[str]:
    """The address of medtime_service behind a pooler."""
    parts = urlsplit(stack.service_database_url)
    port = free_port()
    users, config = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"{parts.username}" "{parts.password}"\n')
    config.write_text(
        "[databases]\n"
        f"postgres = host={LOOPBACK} port={parts.port} dbname=postgres\n"
        "[pgbouncer]\n"
        f"listen_addr = {LOOPBACK}\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {users}\n"
        f"pool_mode = transaction\ndefault_pool_size = {SERVER_CONNECTIONS}\nmax_client_conn = 100\n"
        "ignore_startup_parameters = extra_float_digits\n"
    )
    command = [str(PGBOUNCER), str(config)]
    if os.geteuid() == 0:
        # It refuses to run as root.
        nobody = pwd.getpwnam("nobody")
        for path in (*reversed(folder.parents[:2]), folder):
            path.chmod(0o755)
        for path in (folder, users, config):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        command = [str(PGBOUNCER), "-u", "nobody", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: ASYNC220, S603 - it starts at once
    url = parts._replace(netloc=f"{parts.username}:{parts.password}@{LOOPBACK}:{port}").geturl()
    try:
        await _answering(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


async def _answering(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        assert process.poll() is None, "pgbouncer has ended"
        try:
            connection = await asyncpg.connect(url, statement_cache_size=0)
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.05)
        else:
            await connection.close()
            return
    raise AssertionError("pgbouncer does not answer")


async def test_push_pull_and_status(
    stack: StackInfo, user: Account, account: Callable[[], Awaitable[Account]], tmp_path: Path
) -> None:
    other = await account()
    async with (
        pooled(stack, tmp_path) as url,
        served(stack, database_url=url, database_statement_cache="0", database_pool_size="10") as service,
        at(service.address, user) as there,
        at(service.address, other) as elsewhere,
    ):

        async def sync(phone: Account, device: str) -> None:
            for _ in range(5):
                assert (await phone.push(device, entity(), entity())).status_code == 200
                assert (await phone.pull(device)).status_code == 200
                assert (await phone.http.get("/sync/status")).status_code == 200

        # Claims of one transaction must not be seen by the next on the same connection.
        await asyncio.gather(*(sync(phone, f"phone-{number}") for number in range(5) for phone in (there, elsewhere)))
        for phone in (there, elsewhere):
            assert len((await phone.pull_all("tablet"))[0]) == 50
