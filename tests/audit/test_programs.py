"""pgrls and the advisors, run as programs: what they say, and what is said when they are not there."""

import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from medtime_backend.audit import programs
from medtime_backend.local.shadow import ShadowDatabase


async def test_pgrls_says_what_it_finds(copy: ShadowDatabase, copy_owner: asyncpg.Connection) -> None:
    await copy_owner.execute("create table public.notes (id int primary key)")
    found = await programs.pgrls(copy.database_url, ["public"])
    (finding,) = [one for one in found if one.object == "public.notes"]
    assert (finding.rule, finding.severity, finding.source) == ("pgrls-SEC001", "error", "pgrls")
    assert finding.id == "pgrls-SEC001:public.notes"


async def test_the_advisors_look_at_the_exposed_schemas(copy: ShadowDatabase, copy_owner: asyncpg.Connection) -> None:
    """Without pgrst.db_schemas they would take none for exposed, and say nothing (P22)."""
    await copy_owner.execute("create table public.notes (id int primary key); grant all on public.notes to anon")
    found = await programs.advisors(copy.database_url, ["public"])
    assert [one.id for one in found] == ["advisors-rls_disabled_in_public:public.notes"]


async def test_a_program_that_is_missing_is_named(copy: ShadowDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_spec", lambda _: None)
    with pytest.raises(programs.ProgramError, match=r"medtime-backend\[audit\].*--no-pgrls"):
        await programs.pgrls(copy.database_url, ["public"])
    monkeypatch.setitem(sys.modules, "deno", None)
    with pytest.raises(programs.ProgramError, match=r"medtime-backend\[local\].*--advisors"):
        await programs.advisors(copy.database_url, ["public"])


async def test_a_program_that_fails_says_why_without_the_password(copy: ShadowDatabase) -> None:
    password = copy.database_url.split(":")[2].split("@")[0]
    url = copy.database_url.replace(copy.name, "no_such_database")
    with pytest.raises(programs.ProgramError) as failed:
        await programs.pgrls(url, ["public"])
    assert "no_such_database" in "".join(failed.value.details)
    assert password not in "".join((str(failed.value), *failed.value.details))


async def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text("import time; time.sleep(60)", encoding="utf-8")
    monkeypatch.setattr(programs, "SECONDS", 0.5)
    command: Sequence[str] = (sys.executable, str(script))
    with pytest.raises(programs.ProgramError, match="did not end"):
        await programs._run("slow", command, {})  # noqa: SLF001 - its time limit
