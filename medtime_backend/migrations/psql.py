"""What only psql understands, told by name: the server would call it a syntax error."""

from __future__ import annotations

from collections.abc import Iterable

from pglast import ast, parser

from medtime_backend.migrations.errors import MigrationError
from medtime_backend.migrations.gaps import first_word
from medtime_backend.migrations.splitting import Statement


def refuse_psql(parts: Iterable[Statement]) -> None:
    r"""Raise MigrationError for a meta-command such as \d, \i or \\copy, and for COPY from the terminal."""
    for part in parts:
        if part.fault and (command := _meta_command(part)):
            line, word = command
            raise MigrationError(
                f"line {line} has psql's {word}, which the server does not know: write what it does as SQL."
            )
        node = part.node if "copy" in part.text[:1000].lower() else None
        if isinstance(node, ast.CopyStmt) and not node.filename:
            way = "stdin" if node.is_from else "stdout"
            raise MigrationError(
                f"line {part.line} has COPY with {way}, which needs psql: write INSERT, or load the data otherwise."
            )


def _meta_command(part: Statement) -> tuple[int, str] | None:
    """Line and name of the first word with a backslash; one in a string or a comment is none."""
    start = first_word(part.text)
    for token in parser.scan(part.text):
        if token.name == "ASCII_92":
            line = part.line + part.text.count("\n", start, token.start)
            words = part.text[token.start :].split(maxsplit=1)
            return line, words[0]
    return None
