"""What holds for every page and file: links, commands, nothing of one machine."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer

from cli.main import app
from tests.documents.markdown import ROOT, anchors, headings, name_of, pages, prose, read, repository_files, shell_lines

# Each in two parts, so that this file names none.
REGISTRIES = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "proxy.golang" + ".org", "crates" + ".io"]
TARGETS = set(re.findall(r"^([a-z-]+):.*?## ", read("Makefile"), re.MULTILINE))
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined] # a group


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} leads nowhere"
        assert file.is_relative_to(ROOT), f"{target} leaves the repository"
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{target} has no such heading"


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_page_has_one_title_and_no_heading_twice(page: Path) -> None:
    found = headings(page.read_text(encoding="utf-8"))
    assert found[0][0] == 1
    assert [level for level, _ in found].count(1) == 1
    if page.name != "CHANGELOG.md":
        assert len({title for _, title in found}) == len(found)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_commands_exist(page: Path) -> None:
    for line in shell_lines(page.read_text(encoding="utf-8")):
        if match := re.match(r"make ((?:[A-Z]+=\S+ )*)([a-z-]+)\b", line):
            assert match[2] in TARGETS, line
        if match := re.match(r"(?:\.venv/bin/)?medtime ([a-z]+)\b ?(.*)", line):
            assert match[1] in COMMANDS, line
            check_arguments(COMMANDS[match[1]], match[2], line)
        if match := re.match(r"\.venv/bin/(?:python|pytest) ([\w/]+\.py)", line):
            assert (ROOT / match[1]).is_file(), line
        if match := re.match(r"\.venv/bin/python -m ([\w.]+)", line):
            assert (ROOT / match[1].replace(".", "/")).with_suffix(".py").is_file(), line


def check_arguments(command: Any, arguments: str, line: str) -> None:
    """Its subcommand, where it has some, and its options exist."""
    if match := re.match(r"[a-z|-]+", arguments):
        for name in match[0].split("|") if hasattr(command, "commands") else ():
            assert name in command.commands, line
        command = getattr(command, "commands", {}).get(match[0], command)
    known = {name for option in command.params for name in option.opts} | {"--help"}
    for name in re.findall(r"(?<!\S)--[a-z-]+", arguments):
        assert name in known, line


def test_the_readme_lists_every_target() -> None:
    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", read("README.md"), re.MULTILINE)) == TARGETS


def test_no_file_names_a_registry_or_a_place_of_one_machine() -> None:
    home = str(Path.home()).rstrip("/")
    patterns = [*map(re.escape, REGISTRIES), re.escape(str(ROOT)) + r"\b", r"(?<![\w.:])/(?:home|Users)/\w"]
    patterns += [rf"(?<![\w.:]){re.escape(home)}/"] if home else []
    forbidden = re.compile("|".join(patterns))
    for file in repository_files():
        found = forbidden.search(file.read_bytes().decode("utf-8", errors="replace"))
        assert found is None, f"{name_of(file)} names {found[0] if found else ''}"
