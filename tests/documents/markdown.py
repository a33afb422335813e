"""Reading the project's Markdown: files, headings, tables, marked blocks."""

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@cache
def repository_files() -> list[Path]:
    """Every file that belongs to the repository, also those not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git of the PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    return [file for file in files if file.is_file()]


def pages() -> list[Path]:
    """Every Markdown file of the repository."""
    return [file for file in repository_files() if file.suffix == ".md"]


def name_of(page: Path) -> str:
    """How tests call a page."""
    return str(page.relative_to(ROOT))


def read(name: str) -> str:
    """The text of a page."""
    return (ROOT / name).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", text)


def headings(text: str) -> list[tuple[int, str]]:
    """(level, text) of each heading."""
    return [(len(marks), title) for marks, title in re.findall(r"^(#+) +(.+?) *$", prose(text), re.MULTILINE)]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: dict[str, int] = {}
    names = set()
    for _, title in headings(text):
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        names.add(f"{anchor}-{found[anchor]}" if anchor in found else anchor)
        found[anchor] = found.get(anchor, 0) + 1
    return names


def sections(text: str, level: int) -> dict[str, str]:
    """The text below each heading of a level, up to the next heading of that level or above."""
    parts = re.split(rf"^(#{{1,{level}}}) +(.+?) *$", text, flags=re.MULTILINE)[1:]
    return {
        title: body
        for marks, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        if len(marks) == level
    }


def rows(text: str, *header: str) -> list[list[str]]:
    """The cells of the rows of each table that has this header."""
    found: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if cells == list(header):
            inside = True
        elif not cells:
            inside = False
        elif inside and set(line) - set("|- :"):
            found.append(cells)
    return found


def marked_blocks(text: str) -> list[tuple[str, str]]:
    """(marker, content) of each code block that a comment `<!-- marker -->` precedes."""
    return re.findall(r"^<!-- (.+?) -->\n```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell_lines(text: str) -> list[str]:
    """What the page tells to type: lines of plain and `sh` blocks, and code within the text."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    typed = [line for language, block in blocks if language in {"", "sh"} for line in block.splitlines()]
    return [line for line in [*typed, *re.findall(r"`([^`\n]+)`", prose(text))] if line.strip()]
