"""`medtime policies`, as a DBA uses it: on the database of a running stack, and with every mistake one can make."""

import json
import shutil
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import asyncpg
import pytest

from medtime_backend.audit.declaration_files import policies_directory
from medtime_backend.audit.personas import NAMES
from medtime_backend.local.options import StackInfo
from tests.audit.audits import VERSIONS
from tests.cli.in_process import Answer, run

Policies = Callable[..., Awaitable[Answer]]
QUICK = ("--no-drift", "--no-pgrls")


@pytest.fixture
def policies(stack: StackInfo, monkeypatch: pytest.MonkeyPatch) -> Policies:
    """Run `medtime policies …` on the stack's database, as its superuser."""
    monkeypatch.setenv("MEDTIME_ADMIN_DATABASE_URL", stack.admin_database_url)
    return partial(run, "policies")


@pytest.fixture
def own_policies(tmp_path: Path) -> Path:
    return Path(shutil.copytree(policies_directory(), tmp_path / "policies"))


def one_line(answer: Answer) -> str:
    """The one line a mistake is told in."""
    assert answer.code == 2
    assert answer.out == ""
    (line,) = answer.err.strip().splitlines()
    assert "Traceback" not in line
    return line


async def test_our_schema_is_clean(policies: Policies, tmp_path: Path) -> None:
    page, sarif, junit = (tmp_path / name for name in ("page.html", "audit.sarif", "audit.xml"))
    answer = await policies("audit", "--html", str(page), "--sarif", str(sarif), "--junit", str(junit))
    assert answer.code == 0, answer.out
    assert "0 findings" in answer.out
    assert "0 not checked" in answer.out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(sarif.read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert ET.fromstring(junit.read_text(encoding="utf-8")).get("failures") == "0"  # noqa: S314 - our own file


async def test_json_tells_everything(policies: Policies) -> None:
    answer = await policies("audit", *QUICK, "--persona", "anon", "--json")
    assert answer.code == 0
    assert answer.json["personas"] == ["anon"]
    assert {cell["persona"] for cell in answer.json["cells"]} == {"anon"}
    assert {"database", "mode", "findings", "suppressed", "unchecked", "not_proved"} <= set(answer.json)


async def test_a_finding_is_exit_code_1_and_tells_how_to_mend_it(policies: Policies, own_policies: Path) -> None:
    """As if the database granted more than is declared."""
    file = own_policies / "srv_ocr_requests.sql"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("| every user | own ", "| every user | -   "), encoding="utf-8")
    answer = await policies("audit", *QUICK, "--policies", str(own_policies))
    assert answer.code == 1
    assert "undeclared-access:public.srv_ocr_requests:every user:select" in answer.out
    assert "Fix: " in answer.out


async def test_no_password_is_shown_anywhere(policies: Policies, stack: StackInfo, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    answer = await policies("audit", *QUICK, "--json", "--html", str(page))
    password = stack.admin_database_url.split(":")[2].split("@")[0]
    assert password not in answer.out + answer.err + page.read_text(encoding="utf-8")


async def test_the_report_is_one_page(policies: Policies, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    answer = await policies("report", str(page), *QUICK)
    assert answer.code == 0
    assert str(page) in answer.err.replace("\n", "")
    assert "srv_encrypted_entities" in page.read_text(encoding="utf-8")


async def test_read_only_needs_no_superuser(policies: Policies, stack: StackInfo) -> None:
    answer = await policies("audit", "--read-only", "--db-url", stack.database_url)
    assert answer.code == 0, answer.out
    assert "Not proved: " in answer.err


async def test_the_matrix_needs_no_database(policies: Policies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDTIME_ADMIN_DATABASE_URL")
    shown = await policies("matrix")
    assert shown.code == 0
    assert "caregiver active, caregiver elsewhere" in shown.out
    told = (await policies("matrix", "--json")).json
    assert told["tables"]["public.srv_encrypted_entities"]["caregiver active"]["select"] == ["own", "shared"]
    assert told["tables"]["public.srv_push_devices"]["owner"]["select"] == []
    assert told["functions"]["public.custom_access_token_hook(jsonb)"] == ["supabase_auth_admin"]
    assert (await policies("matrix", "--persona", "nobody")).code == 2


async def test_migrations_and_policies_say_the_same(policies: Policies) -> None:
    answer = await policies("migration", "nothing_to_do", "--dry-run")
    assert (answer.code, answer.out) == (0, "")
    assert "nothing to write" in answer.err


async def test_a_changed_policy_file_becomes_a_migration(policies: Policies, own_policies: Path) -> None:
    file = own_policies / "srv_ocr_requests.sql"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace('"user may see their own requests"', '"users see their own requests"'), encoding="utf-8"
    )
    answer = await policies("migration", "rename_it", "--dry-run", "--policies", str(own_policies))
    assert answer.code == 0
    assert 'drop policy "user may see their own requests" on public.srv_ocr_requests' in answer.out
    assert 'create policy "users see their own requests" on public.srv_ocr_requests' in answer.out


async def test_an_unreachable_database(policies: Policies) -> None:
    line = one_line(await policies("audit", "--db-url", "postgresql://x:secret@127.0.0.1:1/postgres"))
    assert "127.0.0.1:1 cannot be reached" in line
    assert "secret" not in line


async def test_a_wrong_password(policies: Policies, stack: StackInfo) -> None:
    password = stack.database_url.split(":")[2].split("@")[0]
    line = one_line(await policies("audit", "--db-url", stack.database_url.replace(password, "wrong-one")))
    assert "does not accept this user and password" in line
    assert "wrong-one" not in line


async def test_a_role_without_rights(policies: Policies, stack: StackInfo) -> None:
    line = one_line(await policies("audit", *QUICK, "--db-url", stack.service_database_url))
    assert "may not do that" in line
    line = one_line(await policies("audit", "--read-only", *QUICK, "--db-url", stack.service_database_url))
    assert "may not do that" in line


async def test_a_half_migrated_database(policies: Policies, admin: asyncpg.Connection) -> None:
    await admin.execute("delete from supabase_migrations.schema_migrations where version = $1", VERSIONS[-1])
    try:
        line = one_line(await policies("audit", *QUICK))
    finally:
        await admin.execute("insert into supabase_migrations.schema_migrations (version) values ($1)", VERSIONS[-1])
    assert f"lacks 1 of {len(VERSIONS)} migrations, the first is {VERSIONS[-1]}" in line


async def test_a_database_that_is_ahead(policies: Policies, admin: asyncpg.Connection) -> None:
    await admin.execute("insert into supabase_migrations.schema_migrations (version) values ('29990101000000')")
    try:
        line = one_line(await policies("audit", *QUICK))
    finally:
        await admin.execute("delete from supabase_migrations.schema_migrations where version = '29990101000000'")
    assert "migrations that this checkout lacks (29990101000000)" in line


async def test_a_database_without_our_schema(policies: Policies, stack: StackInfo) -> None:
    line = one_line(
        await policies("audit", *QUICK, "--db-url", stack.admin_database_url.replace("/postgres?", "/template1?"))
    )
    assert f"lacks {len(VERSIONS)} of {len(VERSIONS)} migrations" in line


async def test_mistakes_in_what_is_asked_for(policies: Policies, tmp_path: Path, own_policies: Path) -> None:
    assert f"known: {NAMES[0]}" in one_line(await policies("audit", "--persona", "everybody"))
    assert "is no directory of policies" in one_line(await policies("audit", "--policies", str(tmp_path)))
    assert "is no file" in one_line(await policies("audit", "--suppressions", str(tmp_path / "none.toml")))
    suppressions = own_policies / "suppressions.toml"
    suppressions.write_text('[[suppression]]\nfinding = "x:y"\nreason = ""\nuntil = 2099-01-01\n', encoding="utf-8")
    assert "has no reason" in one_line(await policies("audit", *QUICK, "--policies", str(own_policies)))
    text = suppressions.read_text(encoding="utf-8").replace('reason = ""', 'reason = "because we looked at it"')
    suppressions.write_text(text.replace("2099", "2020"), encoding="utf-8")
    assert "has ended on 2020-01-01" in one_line(await policies("audit", *QUICK, "--policies", str(own_policies)))
    line = one_line(await policies("audit", *QUICK, "--html", str(tmp_path / "none" / "page.html")))
    assert "cannot be written" in line


async def test_a_file_about_a_table_that_no_migration_makes(policies: Policies, own_policies: Path) -> None:
    text = (own_policies / "srv_ocr_requests.sql").read_text(encoding="utf-8")
    (own_policies / "srv_notes.sql").write_text(text.replace("srv_ocr_requests", "srv_notes"), encoding="utf-8")
    line = one_line(await policies("audit", *QUICK, "--policies", str(own_policies)))
    assert "srv_notes.sql is about public.srv_notes, a table that no migration makes" in line


async def test_a_read_only_replica(policies: Policies, stack: StackInfo) -> None:
    read_only = f"{stack.admin_database_url}&options=-c%20default_transaction_read_only%3Don"
    line = one_line(await policies("audit", *QUICK, "--db-url", read_only))
    assert "takes no writes" in line
    assert (await policies("audit", "--read-only", *QUICK, "--db-url", read_only)).code == 0
