"""A canary on an image: no byte of it in any log, database, Redis, environment or memory once it is answered."""

import os
import re

import asyncpg
import pytest
from redis.asyncio import Redis

from medtime_backend.local.options import StackInfo
from tests.accounts import Account
from tests.http.problems import logs_of, problem_of
from tests.ocr.one_worker import may_read_memory, places_of, spellings
from tests.ocr.pictures import encoded, page
from tests.ocr.processes import below, named, told
from tests.ocr.sealed import Sealed, seal_for, send

pytestmark = pytest.mark.xdist_group("ocr")

CANARY = "CANARY 4B81D mg"
FILE = encoded(page(CANARY), "JPEG", quality=95)
WANTED = [*spellings(CANARY), FILE[600:664]]


@pytest.fixture
async def answered(user: Account) -> Sealed:
    """An image with the canary that was read, and one that failed."""
    sealed = await seal_for(user.http, user.user_id, FILE)
    answer = await send(user.http, sealed.content)
    assert [line["text"] for line in sealed.opened(answer.content)["lines"]] == [CANARY]
    broken = await seal_for(user.http, user.user_id, FILE[:-2000])
    problem = problem_of(await send(user.http, broken.content), 422, "ocr-broken-image")
    assert "CANARY" not in str(problem)
    return sealed


@pytest.mark.usefixtures("answered")
async def test_no_log_has_it(stack: StackInfo) -> None:
    logs = logs_of(stack)
    assert "/ocr/process" in logs["service.log"]
    assert all("CANARY" not in text for text in logs.values())


async def test_no_table_has_it(answered: Sealed, admin: asyncpg.Connection) -> None:
    tables = await admin.fetch(
        """
        select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')
        """
    )
    assert len(tables) > 20
    found = ""
    for table in tables:
        # The public catalog is large, and nobody writes to it here.
        if not table["name"].startswith("public.catalog_"):
            rows = await admin.fetch(f"select t::text as row from {table['name']} as t")  # noqa: S608 - of pg_tables
            found += "\n".join(row["row"] for row in rows)
    assert str(answered.request_id) in found
    assert "CANARY" not in found
    assert FILE[600:632].hex() not in found


@pytest.mark.usefixtures("answered")
async def test_redis_does_not_have_it(stack: StackInfo) -> None:
    async with Redis.from_url(stack.redis_url) as redis:
        keys = [key async for key in redis.scan_iter()]
        assert keys
        dumped = b"".join([await redis.dump(key) or b"" for key in keys])
    assert b"CANARY" not in dumped
    assert FILE[600:632] not in dumped


@pytest.mark.usefixtures("answered")
async def test_no_file_of_the_stack_has_it(stack: StackInfo) -> None:
    """Neither a core nor a temporary file: not in the data directory, not in /tmp by name."""
    for file in stack.data_dir.rglob("*"):
        if file.is_file() and "postgres" not in file.parts:
            assert b"CANARY 4B81D" not in file.read_bytes(), file
    assert not [file for file in stack.data_dir.rglob("*") if re.fullmatch(r"core(\.\d+)?", file.name)]


@pytest.mark.usefixtures("answered")
async def test_no_environment_has_it_nor_a_key() -> None:
    warmed = named(b"warmed_parent")
    assert warmed
    for pid in below(os.getpid()):
        environment = told(pid, "environ")
        assert b"CANARY" not in environment
        assert b"private_key" not in environment
    for pid in warmed:
        assert b"MEDTIME" not in told(pid, "environ")


@pytest.mark.skipif(not may_read_memory(), reason="only root may read the memory of other processes here")
@pytest.mark.usefixtures("answered")
async def test_no_memory_has_it() -> None:
    services = named(b"granian")
    warmed = named(b"warmed_parent")
    assert services
    assert warmed
    for pid in {*services, *warmed}:
        assert places_of(pid, *WANTED) == [], told(pid, "cmdline")
