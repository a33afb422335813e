"""The reference pages say what the code says: problems, settings, limits, modules, words, decisions."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from medtime_backend import errors
from medtime_backend.limits import LIMITS
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import GROUPS, PREFIX
from tests.documents.markdown import ROOT, anchors, headings, pages, read, rows, sections

DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
PACKAGE = ROOT / "medtime_backend"
# Those of the design: some are of parts that are still to come.
WORDS = {
    *("entity", "blob", "owner", "device", "dot", "vector clock", "tombstone", "horizon", "epoch", "caregiver"),
    *("tier", "wake-up"),
}


def problem_sections() -> dict[str, str]:
    found = sections(read("docs/errors.md"), 3)
    return {title: body for title, body in found.items() if body.lstrip().startswith("Status ")}


def test_every_problem_has_its_section_and_no_other_is_there() -> None:
    assert set(problem_sections()) == set(errors.PROBLEMS)
    assert set(errors.PROBLEMS) <= anchors(read("docs/errors.md"))


@pytest.mark.parametrize("slug", sorted(errors.PROBLEMS))
def test_a_problem_is_described_as_it_is_declared(slug: str) -> None:
    problem = errors.PROBLEMS[slug]
    said = problem_sections()[slug].lstrip().splitlines()[0]
    assert said == f"Status {problem.status} · {'' if problem.retryable else 'not '}retryable"
    assert problem.__doc__


def test_every_sqlstate_that_the_migrations_raise_is_listed() -> None:
    sql = "".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "supabase/migrations").glob("*.sql")))
    raised = set(re.findall(r"(?:raise_problem\(\s*|errcode = )'(MT\d{3})',\s*(?:message = )?'([a-z-]+)'", sql))
    listed = {
        (state, slug.strip("`")) for state, slug, _ in rows(read("docs/errors.md"), "SQLSTATE", "message", "raised by")
    }
    assert raised == listed
    for state, slug in raised:
        assert errors.PROBLEMS[slug].status == int(state[2:])


def test_every_setting_is_described_with_its_default() -> None:
    described = {
        row[0].strip("`"): row[1].strip("`")
        for row in rows(read("docs/configuration.md"), "variable", "default", "meaning")
    }
    assert described == {PREFIX + field.name.upper(): default_of(field) for field in msgspec.structs.fields(Settings)}


def default_of(field: Any) -> str:
    if field.default is msgspec.NODEFAULT:
        return "required"
    if isinstance(field.default, tuple):
        return ",".join(field.default) or "empty"
    if isinstance(field.default, bool):
        return str(field.default).lower()
    return str(field.default) or "empty"


def test_other_variables_are_read_somewhere() -> None:
    code = "".join(
        file.read_text(encoding="utf-8")
        for file in [*PACKAGE.rglob("*.py"), *(ROOT / "cli").glob("*.py"), ROOT / "Makefile"]
    )
    for variable, _, _ in rows(read("docs/configuration.md"), "variable", "read by", "meaning"):
        assert re.search(rf"\b{variable.strip('`')}\b", code), variable


def test_the_limits_are_those_of_the_code() -> None:
    told = {
        row[0].strip("`"): int(row[1].replace(",", ""))
        for row in rows(read("docs/protocol.md"), "limit", "value", "applies to")
    }
    assert told == msgspec.structs.asdict(LIMITS)


def test_the_rates_are_those_of_the_settings() -> None:
    groups = [f"`{group}`" for group in GROUPS]
    told = {row[0].strip("`"): tuple(row[1:]) for row in rows(read("docs/protocol.md"), "tier", *groups)}
    for tier, numbers in told.items():
        default = next(field.default for field in msgspec.structs.fields(Settings) if field.name == f"rate_{tier}")
        assert tuple(f"{group}={number}" for group, number in zip(GROUPS, numbers, strict=True)) == default
    assert set(told) == {"free", "pro", "perfect"}


def module_map() -> list[str]:
    return [
        row[0].strip("`") for row in rows(read("docs/architecture.md"), "module of `medtime_backend`", "what it is")
    ]


def test_the_module_map_is_complete() -> None:
    modules = {file.stem for file in PACKAGE.glob("*.py")} - {"__init__"}
    folders = {f"{file.name}/" for file in PACKAGE.iterdir() if file.is_dir() and file.name != "__pycache__"}
    mapped = module_map()
    assert len(mapped) == len(set(mapped))
    assert set(mapped) == modules | folders


def test_imports_point_down_the_module_map() -> None:
    place = {name.rstrip("/"): number for number, name in enumerate(module_map())}
    for file in PACKAGE.rglob("*.py"):
        module = file.relative_to(PACKAGE).with_suffix("").parts[0]
        if module == "__init__":
            continue
        for imported in imports_of(file):
            assert place[module] <= place[imported], f"{file.relative_to(ROOT)} imports {imported}, which is above it"


def imports_of(file: Path) -> set[str]:
    """The modules of the package that a file imports, by their place in the map."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("medtime_backend.")}
    return found


def test_the_glossary_has_the_words_and_each_is_used() -> None:
    words = [row[0] for row in rows(read("docs/glossary.md"), "term", "meaning")]
    assert set(words) >= WORDS
    assert len(words) == len(set(words))
    others = " ".join(page.read_text(encoding="utf-8") for page in pages() if page.name != "glossary.md").lower()
    for word in set(words) - WORDS:
        assert re.search(rf"{re.escape(word)}|{re.escape(word.replace(' ', '_'))}", others), word


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_sections(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = headings(text)
    assert found[0] == (1, f"{int(page.stem[:4])}. {found[0][1].partition('. ')[2]}")
    assert [title for level, title in found if level > 1] == ["Context", "Decision", "Consequences"]
    assert all(body.strip() for body in sections(text, 2).values())


def test_the_decisions_are_numbered_and_indexed() -> None:
    assert [int(page.stem[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    expected = [
        f"{headings(page.read_text(encoding='utf-8'))[0][1].partition('. ')[2]}]({page.name})" for page in DECISIONS
    ]
    index = read("docs/decisions/README.md")
    assert re.findall(r"^\d+\. \[(.+)$", index, re.MULTILINE) == expected


def test_every_dependency_is_given_or_has_a_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    needed = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    text = read("docs/decisions/0009-dependencies.md").lower()
    for requirement in needed:
        name = re.split(r"[\[>=<]", requirement)[0]
        assert re.search(rf"\b{re.escape(name)}\b", text), name


def test_the_changelog_is_one() -> None:
    found = headings(read("CHANGELOG.md"))
    assert found[1] == (2, "[Unreleased]")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert {title for level, title in found if level > 2} <= kinds
