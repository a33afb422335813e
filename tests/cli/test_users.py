"""`medtime users`, as an operator uses it: on the database of a running stack."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from cli.sizes import parse_size, show_size
from medtime_backend.local.options import StackInfo
from medtime_backend.operator_error import OperatorError
from tests.accounts import Account, add_user, entity
from tests.cli.in_process import Answer, run
from tests.cli.pooler import pooler

Users = Callable[..., Awaitable[Answer]]


@pytest.fixture
def users(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> Users:
    """Run `medtime users …` on the stack's database, as the role postgres."""
    monkeypatch.setenv("MEDTIME_ADMIN_DATABASE_URL", stack.database_url)
    return partial(run, "users")


@pytest.fixture
async def someone(admin: asyncpg.Connection) -> UUID:
    return await add_user(admin)


def email(user_id: UUID) -> str:
    return f"{user_id}@test.medtime.app"


async def test_the_list_shows_whom_one_searches_for(users: Users, someone: UUID) -> None:
    found = await users("list", "--search", str(someone).upper(), "--json")
    assert found.code == 0
    (one,) = found.json["users"]
    assert {name: one[name] for name in ("user_id", "email", "tier", "used_bytes", "quota_bytes")} == {
        "user_id": str(someone),
        "email": email(someone),
        "tier": "free",
        "used_bytes": 0,
        "quota_bytes": 100_000_000,
    }
    assert found.json["more"] is False
    shown = await users("list", "--search", str(someone))
    # Whole, however narrow the terminal: it is there to be copied.
    assert email(someone) in shown.out
    assert (await users("list", "--search", "%", "--json")).json["users"] == []


async def test_the_list_says_when_there_are_more(users: Users, admin: asyncpg.Connection) -> None:
    for _ in range(3):
        await add_user(admin)
    found = await users("list", "--limit", "2", "--json")
    assert (len(found.json["users"]), found.json["more"]) == (2, True)
    assert "There are more" in (await users("list", "--limit", "2")).err


async def test_a_tier_is_shown_and_changed(users: Users, user: Account, admin: asyncpg.Connection) -> None:
    assert (await user.push("phone", entity())).status_code == 200
    name = email(user.user_id)
    assert (await users("tier", name, "--json")).json["tier"] == "free"
    changed = await users("tier", name.upper(), "pro")
    assert changed.code == 0
    assert "pro" in changed.out
    assert "at most an hour" in changed.err
    seen = (await users("tier", str(user.user_id), "--json")).json
    assert (seen["tier"], seen["quota_bytes"], seen["used_bytes"]) == ("pro", 1_000_000_000, 64)
    assert await admin.fetchval("select private.tier_of($1)", user.user_id) == "pro"


async def test_a_downgrade_below_what_is_stored_says_what_that_means(
    users: Users, user: Account, admin: asyncpg.Connection
) -> None:
    await admin.execute("insert into private.tiers values ('tiny', 10) on conflict do nothing")
    assert (await user.push("phone", entity())).status_code == 200
    assert "only deletions are accepted" in (await users("tier", email(user.user_id), "tiny")).err
    refused = await user.push("phone", entity())
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "quota-exceeded")


async def test_quotas_are_shown_and_changed_and_hold_at_once(users: Users, admin: asyncpg.Connection) -> None:
    shown = (await users("quotas", "--json")).json["tiers"]
    assert {one["tier"]: one["storage_bytes"] for one in shown if one["tier"] != "tiny"} == {
        "free": 100_000_000,
        "pro": 1_000_000_000,
        "perfect": 10_000_000_000,
    }
    try:
        changed = await users("quotas", "perfect", "12.5GB")
        assert (changed.code, "12.5 GB" in changed.out) == (0, True)
        assert await admin.fetchval("select storage_bytes from private.tiers where tier = 'perfect'") == 12_500_000_000
    finally:
        await users("quotas", "perfect", "10GB")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("200MB", 200_000_000),
        ("1.5GB", 1_500_000_000),
        ("1 gb", 1_000_000_000),
        ("100MiB", 104_857_600),
        ("1048576", 1_048_576),
        ("1TB", 10**12),
    ],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "MB", "-1MB", "0", "0.1B", "1.5", "1XB", "1e3MB", "1,5GB", "٣MB", "9999999TB", "NaN"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(OperatorError):
        parse_size(text)


def test_sizes_are_shown_shortly() -> None:
    assert [show_size(size) for size in (0, 999, 1_000, 1_500_000, 100_000_000, 10**10)] == [
        "0 bytes",
        "999 bytes",
        "1 KB",
        "1.5 MB",
        "100 MB",
        "10 GB",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tier", "nobody@test.medtime.app"], "There is no user nobody@test.medtime.app."),
        (["tier", "nobody@test.medtime.app", "gold"], "There is no tier gold; there are "),
        (["tier", "no\0body", "pro"], "There is no user"),
        (["quotas", "gold", "1GB"], "There is no tier gold"),
        (["quotas", "pro"], "Which size?"),
        (["quotas", "pro", "much"], "much is not a size"),
        (["list", "--db-url", "postgresql://a:secret@127.0.0.1:1/x"], "127.0.0.1:1 cannot be reached"),
        (["list", "--db-url", "secret nonsense"], "not one of Postgres"),
        (["list", "--db-url", "postgresql://a:secret@127.0.0.1:port/x"], "not one of Postgres"),
    ],
)
async def test_a_mistake_is_one_clear_line(users: Users, arguments: list[str], said: str) -> None:
    answer = await users(*arguments)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err
    assert "secret" not in answer.err


async def test_a_wrong_password_and_a_wrong_role_are_told_apart(users: Users, stack: StackInfo) -> None:
    wrong = stack.database_url.replace("postgres:", "postgres:x", 1)
    assert "does not accept this user and password" in (await users("list", "--db-url", wrong)).err
    service = await users("list", "--db-url", stack.service_database_url)
    assert "use the one that ran the migrations, postgres" in service.err


async def test_without_an_address_the_stack_of_this_directory_is_used(
    users: Users, stack: StackInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEDTIME_ADMIN_DATABASE_URL")
    monkeypatch.chdir(tmp_path)
    assert "Give --db-url or set MEDTIME_ADMIN_DATABASE_URL" in (await users("quotas")).err
    file = tmp_path / ".medtime" / "dev" / "stack.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(stack.as_json()))
    assert (await users("quotas")).code == 0
    file.write_text("{")
    assert "cannot be read" in (await users("quotas")).err


async def test_it_works_through_a_transaction_pooler(users: Users, stack: StackInfo, someone: UUID) -> None:
    """P39: prepared statements do not outlive a transaction there."""
    async with pooler(stack.database_url) as url:
        careless = await asyncpg.connect(url)
        await careless.fetchval("select $1::int", 1)
        with pytest.raises(asyncpg.InvalidSQLStatementNameError):
            await careless.fetchval("select $1::int", 2)
        await careless.close()
        assert (await users("tier", email(someone), "pro", "--db-url", url)).code == 0
        for arguments in (["list"], ["tier", email(someone)], ["quotas"]):
            assert (await users(*arguments, "--db-url", url)).code == 0


async def test_two_users_of_one_address_are_named_by_id(users: Users, admin: asyncpg.Connection) -> None:
    shared = f"{uuid4()}@sso.medtime.app"
    for _ in range(2):
        await admin.execute(
            "insert into auth.users (id, email, is_sso_user) values (gen_random_uuid(), $1, true)", shared
        )
    answer = await users("tier", shared)
    assert (answer.code, "name one by id" in answer.err, len(answer.err.splitlines())) == (1, True, 3)
