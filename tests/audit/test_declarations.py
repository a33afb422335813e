"""The files of policies/: what they say, and what is refused with one clear sentence."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from medtime_backend.audit.declaration_files import policies_directory, read_declarations
from medtime_backend.audit.declarations import DeclarationError

OCR = "srv_ocr_requests.sql"
RPC = "functions.rpc.sql"
Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of policies/ in which one file has one text replaced."""

    def edit(file: str, before: str, after: str) -> Path:
        directory = tmp_path / "policies"
        shutil.copytree(policies_directory(), directory)
        path = directory / file
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")
        return directory

    return edit


def test_a_file_is_read_as_a_person_reads_it() -> None:
    table = read_declarations(policies_directory()).tables["public.srv_encrypted_entities"]
    assert table.owners == ("user_id",)
    assert table.columns["updated_at"] == "timestamp with time zone"
    assert table.access["stranger", "select"] == {"own"}
    assert table.access["caregiver active", "select"] == {"own", "shared"}
    assert ("anon", "select") not in table.access
    assert "user_id" in table.granted["authenticated", "insert"]
    assert "user_id" not in table.granted["authenticated", "update"]
    assert table.granted["authenticated", "select"] == tuple(table.columns)
    assert len([one for one in table.statements if "create policy" in one]) == 3


def test_functions_that_are_not_in_the_table_are_nobodys() -> None:
    functions = read_declarations(policies_directory()).functions
    assert functions["private.guard_entity()"] == frozenset()
    assert functions["private.session_state(uuid, uuid)"] == {"medtime_service"}
    assert "owner" in functions["public.srv_status(uuid, boolean)"]
    assert "anon" not in functions["public.srv_status(uuid, boolean)"]


def test_each_thing_is_known_by_the_file_that_declares_it() -> None:
    declarations = read_declarations(policies_directory())
    assert declarations.files["public.srv_push_devices"] == "srv_push_devices.sql"
    assert declarations.files["private"] == "schemas.sql"
    assert declarations.files["private.guard_entity()"] == "functions.nobody.sql"
    assert set(declarations.files) == {*declarations.schemas, *declarations.tables, *declarations.functions}
    assert {*declarations.statements} == {"schemas.sql", *(one.name for one in policies_directory().glob("functions*"))}


def test_a_function_is_declared_in_one_file(edited: Edit) -> None:
    directory = edited(
        "functions.nobody.sql", "private.tier_of(uuid),", "private.tier_of(uuid), public.srv_revoke_link(uuid),"
    )
    said = "functions.rpc.sql is about public.srv_revoke_link(uuid), and so is functions.nobody.sql: one file must be."
    with pytest.raises(DeclarationError, match=f"^{re.escape(said)}$"):
        read_declarations(directory)


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (OCR, "| every user |", "| every one  |", "unknown persona 'every one'"),
        (OCR, "| own    | -      |", "| mine   | -      |", "says 'mine' for select"),
        (OCR, "-      | -        |", "-      | all      |", "for truncate"),
        (OCR, "| own    | -      |", "| own    |", "5 instead of 6 cells"),
        (OCR, "-- triggers: none\n", "", "lacks the line `-- triggers: …`"),
        (OCR, "-- rows belong to: user_id\n", "", "lacks the line `-- rows belong to: …`"),
        (OCR, "status text,", "status,", "no type for the column status"),
        (OCR, "persona    | select", "persona    | read  ", "no table with the columns persona, select"),
        (OCR, "grant select on table public.srv_ocr_requests", "grant select on table public.x", "be about one table"),
        (OCR, "grant select on table", "grant selekt table", "is not valid SQL"),
        (OCR, "create policy", "drop table public.srv_ocr_requests;\ncreate policy", "is no GRANT, REVOKE"),
        (OCR, "alter table public.srv_ocr_requests force", "alter table public.srv_ocr_requests no force", ""),
        (RPC, "| public.srv_push  ", "| public.srv_pusch ", "but has no statement about it"),
        (RPC, "public.srv_status(uuid, boolean),\n", "public.srv_status,\n", "its schema and its types"),
        (RPC, "| every user |", "| everybody  |", "unknown persona 'everybody'"),
        ("schemas.sql", "| schema  | usage", "| schema  | usagi", "no table with the columns schema, usage"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_sentence(edited: Edit, file: str, before: str, after: str, said: str) -> None:
    directory = edited(file, before, after)
    if not said:
        read_declarations(directory)
        return
    with pytest.raises(DeclarationError) as refused:
        read_declarations(directory)
    assert said in str(refused.value)
    assert file in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_is_named_after_its_table(edited: Edit) -> None:
    directory = edited(OCR, "", "")
    (directory / OCR).rename(directory / "ocr.sql")
    with pytest.raises(DeclarationError, match=r"name it srv_ocr_requests\.sql"):
        read_declarations(directory)


def test_another_directory_is_no_directory_of_policies(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"lacks schemas\.sql or functions\.\*\.sql"):
        read_declarations(tmp_path)
