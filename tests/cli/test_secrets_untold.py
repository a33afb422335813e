"""Whatever goes wrong, no command tells the secrets it was given: those of every command, found by their options."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from typer.main import get_command

from cli.database import VARIABLE
from cli.main import app
from medtime_backend.local.options import StackInfo
from tests.cli.in_process import run

SECRET = "mark9c41e7secret"
# What commands must be given beside the database.
GIVEN = {
    "migrate repair": ("20261125000100", "--status", "applied", "--yes"),
    "users erase": ("ana@example.com", "--yes", "--redis-url", f"redis://:{SECRET}@127.0.0.1:1/0"),
    "users tier": ("ana@example.com",),
    "users hook-check": ("ana@example.com",),
    "catalog search": ("zocor",),
    "catalog seed": ("--source", "ema", "--from", str(Path(__file__).parents[2] / "seeds/catalog/ema.csv")),
    "epoch renew": ("--yes",),
    "cleanup run": ("--yes",),
}


def commands(command: Any, *names: str) -> Iterator[tuple[str, ...]]:
    """The words of every command that takes --db-url."""
    if hasattr(command, "commands"):
        for name, below in command.commands.items():
            yield from commands(below, *names, name)
    elif any(parameter.name == "db_url" for parameter in command.params):
        yield names


COMMANDS = sorted(commands(get_command(app)))


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack of the directory, no settings of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)


def test_every_command_is_there() -> None:
    names = {" ".join(words) for words in COMMANDS}
    assert set(GIVEN) <= names
    assert len(names) > 20


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_a_database_that_cannot_be_had(stack: StackInfo, words: tuple[str, ...]) -> None:
    there = urlsplit(stack.database_url)
    addresses = (
        f"postgresql://postgres:{SECRET}@127.0.0.1:1/postgres?sslmode=disable",
        f"postgresql://postgres:{SECRET}@127.0.0.1:{there.port}/postgres?sslmode=disable",
        f"postgresql://postgres:{SECRET}@127.0.0.1:port/postgres",
        f"mysql://postgres:{SECRET}@127.0.0.1/postgres",
        f"postgresql://postgres:{SECRET}@[::1/postgres",
        SECRET,
    )
    for address in addresses:
        ended = await run(*words, *GIVEN.get(" ".join(words), ()), "--db-url", address)
        assert ended.code in {1, 2}
        assert SECRET not in ended.out + ended.err
        assert "Traceback" not in ended.err


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.example", "ftp://127.0.0.1", SECRET])
async def test_a_sender_that_cannot_be_had(tmp_path: Path, url: str) -> None:
    key = tmp_path / "key"
    for text in (SECRET, f"{SECRET}\0", f"{SECRET}é"):
        key.write_text(text)
        ended = await run("wakeups", "send", "--functions-url", url, "--key-from", str(key))
        assert ended.code == 2
        assert SECRET not in ended.out + ended.err
        assert "Traceback" not in ended.err
