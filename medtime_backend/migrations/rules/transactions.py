"""Statements that break the one transaction of a file, or need another file before them."""

from __future__ import annotations

from collections.abc import Iterator

from pglast import ast
from pglast.visitors import Ancestor, Visitor

from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.findings import Finding, error_at, warning_at
from medtime_backend.migrations.transaction_blocks import concurrent, ends_session, ends_transaction, stands_alone


def check_syntax(migration: Migration) -> Iterator[Finding]:
    """Statements that Postgres 17's grammar does not know."""
    for number, part in enumerate(migration.parts, start=1):
        if part.fault:
            yield error_at(
                migration,
                number,
                "syntax",
                f"Postgres 17 would say: {part.fault}.",
                "Mend it. What only a later version knows will fail on the earlier ones.",
            )


def check_transactions(migration: Migration) -> Iterator[Finding]:
    """BEGIN and COMMIT, DISCARD ALL, statements that must stand alone and do not, unnamed concurrent indexes."""
    runs = sum(part.runs for part in migration.parts)
    for number, part in enumerate(migration.parts, start=1):
        if ends_transaction(part):
            yield error_at(
                migration,
                number,
                "transaction-control",
                "It begins or ends a transaction; a file and its row in the history are one.",
                "Remove it: each file is a transaction anyway.",
            )
        elif ends_session(part):
            yield error_at(migration, number, "discard-all", "It drops the runner's lock.", "Remove it.")
        elif stands_alone(part) and runs > 1:
            yield warning_at(
                migration,
                number,
                "not-in-transaction",
                "It cannot run in a transaction, so what comes before it stays when something later fails.",
                "Give it a file of its own.",
            )
        node = part.node if stands_alone(part) else None
        if isinstance(node, ast.IndexStmt) and concurrent(part) and not node.idxname:
            yield warning_at(
                migration,
                number,
                "unnamed-index",
                "Made concurrently, it may be left invalid, and without a name nobody can tell which it was.",
                "Name it.",
            )


def check_enum_values(migration: Migration) -> Iterator[Finding]:
    """Values added to an enum and used in the same file: the server refuses that before the commit (55P04).

    A type that the same file makes is free of this. A literal of the same text is taken for a use.
    """
    made: set[str] = set()
    added: dict[str, str] = {}
    for number, part in enumerate(migration.parts, start=1):
        node = part.node
        if node is None:
            continue
        if isinstance(node, ast.CreateEnumStmt):
            made.add(node.typeName[-1].sval)
        elif isinstance(node, ast.AlterEnumStmt):
            if node.newVal and not node.oldVal and node.typeName[-1].sval not in made:
                added[node.newVal] = node.typeName[-1].sval
        elif added:
            for value in sorted(_literals(node) & added.keys()):
                yield error_at(
                    migration,
                    number,
                    "enum-value-in-use",
                    f"It uses '{value}', which this file adds to the enum {added[value]}: refused until that is "
                    "committed.",
                    "Move the use into a later file.",
                )


class _Literals(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def visit_A_Const(self, _: Ancestor, node: ast.A_Const) -> None:  # noqa: N802 - the visitor's protocol
        if isinstance(node.val, ast.String) and node.val.sval is not None:
            self.found.add(node.val.sval)


def _literals(node: ast.Node) -> set[str]:
    visitor = _Literals()
    visitor(node)
    return visitor.found
