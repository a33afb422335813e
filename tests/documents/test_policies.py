"""docs/policies.md says what the audit does: declarations, personas, verbs, options, exit codes, rules."""

import re
from datetime import date
from pathlib import Path

import pytest
import typer

from cli.main import app
from medtime_backend.audit.declaration_files import ROW_CLASSES, policies_directory, read_declarations
from medtime_backend.audit.declaration_headers import KEYS
from medtime_backend.audit.examination import LIMITS, RULES
from medtime_backend.audit.personas import PERSONAS
from medtime_backend.audit.suppressions import SHORTEST_REASON, read_suppressions
from medtime_backend.audit.table_probes import VERBS
from tests.documents.markdown import ROOT, marked_blocks, read, rows
from tests.documents.rules_table import GROUPS, PAGE, with_tables

TEXT = read(PAGE)
BLOCKS = dict(marked_blocks(TEXT))


def options(command: str) -> set[str]:
    policies = typer.main.get_command(app).commands["policies"]  # type: ignore[attr-defined] # a group
    return {name for option in policies.commands[command].params for name in option.opts if name.startswith("--")}


def first_cells(*header: str) -> list[str]:
    return [row[0].strip("`") for row in rows(TEXT, *header)]


def test_the_rules_are_those_of_the_code() -> None:
    assert with_tables(TEXT) == TEXT, "run .venv/bin/python -m tests.documents.rules_table"
    assert [rule for rules in GROUPS.values() for rule in rules] == list(RULES)


def test_a_rule_can_stand_in_a_table_and_has_a_name_of_its_own() -> None:
    assert len({rule.slug for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert not set("|<>\n") & set(rule.title + rule.why + rule.fix), rule.slug


def test_the_shown_declaration_is_the_file() -> None:
    name = "policies/srv_ocr_requests.sql"
    assert BLOCKS[name] == read(name)


def test_every_key_of_a_header_is_explained() -> None:
    assert first_cells("key", "says") == list(KEYS)


def test_every_row_class_is_explained() -> None:
    assert first_cells("row class", "whose rows, to the persona") == list(ROW_CLASSES)


def test_every_persona_is_there_with_its_role() -> None:
    told = [tuple(cell.strip("`") for cell in row[:2]) for row in rows(TEXT, "persona", "role", "who that is")]
    assert told == [(persona.name, persona.role) for persona in PERSONAS]


def test_every_verb_is_explained() -> None:
    assert first_cells("verb", "asked by") == list(VERBS)


def test_every_option_of_the_audit_is_told_and_none_else() -> None:
    told = {
        name
        for header in (("option", "writes"), ("option", "does"))
        for row in rows(TEXT, *header)
        for name in re.findall(r"--[a-z-]+", row[0])
    }
    assert told == options("audit") - {"--help"}


def test_every_command_is_told() -> None:
    policies = typer.main.get_command(app).commands["policies"]  # type: ignore[attr-defined] # a group
    assert set(first_cells("command", "does")) == {f"medtime policies {name}" for name in policies.commands}


def test_the_exit_codes_are_three() -> None:
    assert first_cells("exit code", "means") == ["0", "1", "2"]
    assert first_cells_of_operations() == ["0", "1", "2"]


def first_cells_of_operations() -> list[str]:
    return [row[0] for row in rows(read("docs/operations.md"), "exit code", "do")]


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"at least {SHORTEST_REASON} characters" in TEXT
    for limit in LIMITS:
        found = re.fullmatch(r"set local (\w+) = '(\d+)s'", limit)
        assert found is not None
        assert re.search(rf"`{found[1]}`\s+{found[2]} s", TEXT), limit


def test_the_shown_suppression_is_one_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "shown.toml"
    file.write_text(BLOCKS["suppressions"], encoding="utf-8")
    (shown,) = read_suppressions(file, date(2026, 1, 1))
    assert shown in read_suppressions(ROOT / "policies/suppressions.toml", date(2026, 1, 1))


@pytest.mark.parametrize("table", read_declarations(policies_directory()).tables)
def test_a_file_is_named_after_its_table(table: str) -> None:
    assert (ROOT / "policies" / f"{table.removeprefix('public.')}.sql").is_file()
