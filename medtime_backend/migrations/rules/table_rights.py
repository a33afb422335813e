"""A new table must come with its rights: who may do what is not left to a project's defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pglast import ast, enums

from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.findings import Finding, error_at

_SECURITY = {
    enums.AlterTableType.AT_EnableRowSecurity: "enable row level security",
    enums.AlterTableType.AT_ForceRowSecurity: "force row level security",
}
_REVOKE = "revoke all"


@dataclass
class _Tables:
    """What a file makes (name → statement), and what it then does about each."""

    made: dict[str, int] = field(default_factory=dict)
    done: set[tuple[str, str]] = field(default_factory=set)
    schemas_revoked: set[str] = field(default_factory=set)

    def lacks(self, name: str) -> list[str]:
        schema = name.rpartition(".")[0]
        wanted = (_REVOKE, *_SECURITY.values())
        return [
            one
            for one in wanted
            if (name, one) not in self.done and not (one == _REVOKE and schema in self.schemas_revoked)
        ]


def check_table_rights(migration: Migration) -> Iterator[Finding]:
    """Tables without REVOKE ALL, ENABLE and FORCE ROW LEVEL SECURITY in the same file.

    No GRANT is asked for: that nobody may use a table is a decision too.
    """
    tables = _Tables()
    for number, part in enumerate(migration.parts, start=1):
        _note(tables, number, part.node)
    for name, number in tables.made.items():
        if lacking := tables.lacks(name):
            yield error_at(
                migration,
                number,
                "table-without-rights",
                f"The table {name} comes without {', '.join(lacking)}.",
                "In the same file: alter table … enable row level security, force row level security; revoke all on "
                "table … from public, anon, authenticated, service_role; then grant the least.",
            )


def _note(tables: _Tables, number: int, node: ast.Node | None) -> None:
    made = _made(node)
    if made and made.relpersistence != enums.RELPERSISTENCE_TEMP:
        tables.made[_name(made)] = number
    if isinstance(node, ast.AlterTableStmt):
        for command in node.cmds or ():
            if command.subtype in _SECURITY:
                tables.done.add((_name(node.relation), _SECURITY[command.subtype]))
    elif isinstance(node, ast.GrantStmt) and not node.is_grant and not node.privileges:
        if node.objtype != enums.ObjectType.OBJECT_TABLE:
            return
        if node.targtype == enums.GrantTargetType.ACL_TARGET_ALL_IN_SCHEMA:
            tables.schemas_revoked.update(schema.sval for schema in node.objects)
        else:
            tables.done.update((_name(table), _REVOKE) for table in node.objects)
    elif isinstance(node, ast.DropStmt) and node.removeType == enums.ObjectType.OBJECT_TABLE:
        for parts in node.objects:
            name = [part.sval for part in parts]
            tables.made.pop(".".join(name if len(name) > 1 else ("public", *name)), None)


def _made(node: ast.Node | None) -> ast.RangeVar | None:
    if isinstance(node, ast.CreateForeignTableStmt):
        # It has no row-level security; the audit of the policies looks at it.
        return None
    made: ast.RangeVar | None = None
    if isinstance(node, ast.CreateStmt):
        made = node.relation
    elif isinstance(node, ast.CreateTableAsStmt) and node.objtype == enums.ObjectType.OBJECT_TABLE:
        made = node.into.rel
    elif isinstance(node, ast.SelectStmt) and node.intoClause:
        made = node.intoClause.rel
    return made


def _name(table: ast.RangeVar) -> str:
    return f"{table.schemaname or 'public'}.{table.relname}"
