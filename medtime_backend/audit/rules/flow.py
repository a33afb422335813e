"""Where a blob goes within a function: which expressions still hold it, and which only tell its size or hash."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import msgspec
from pglast import ast
from pglast.enums import SubLinkType

from medtime_backend.audit.rules.bodies import Body, Routine, Step
from medtime_backend.audit.rules.facts import Facts
from medtime_backend.audit.rules.syntax import walk, words

REDUCING: Final = frozenset(
    {
        "octet_length",
        "length",
        "bit_length",
        "char_length",
        "pg_column_size",
        "get_byte",
        "get_bit",
        "bit_count",
        "count",
    }
    | {"sha224", "sha256", "sha384", "sha512", "md5", "crc32", "crc32c", "hashtext", "hashbytea"}
)
"""Functions whose result tells a blob's size, one of its bits, or its hash."""
SMALL: Final = frozenset({"boolean", "smallint", "integer", "bigint", "void", "uuid", "bit", "interval"})
COMPARISONS: Final = frozenset({"=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~", "!~"})


class Flow(msgspec.Struct, frozen=True):
    """What holds a blob at some place: columns of that name, whole rows, and variables (or `$n`) that were given it."""

    SENDERS: ClassVar = frozenset(
        {"pg_notify", "dblink_exec", "dblink", "lo_from_bytea", "lo_put", "pg_logical_emit_message"}
    )

    columns: frozenset[str]
    homes: frozenset[str]
    bodies: dict[str, tuple[Routine, Body]]
    rows: frozenset[str] = frozenset({"new", "old"})
    variables: frozenset[str] = frozenset()
    depth: int = 0

    @classmethod
    def of(cls, facts: Facts) -> Flow:
        """The blobs of a database: the bytea columns of the tables whose rows belong to users."""
        found = {
            table.name: [column.name for column in table.columns if column.type == "bytea"]
            for table in facts.tables.values()
            if table.declaration is not None and table.has_owners
        }
        return cls(
            columns=frozenset(name for names in found.values() for name in names),
            homes=frozenset(name for name, names in found.items() if names),
            bodies={one.plain_name: (one, facts.bodies[one.name]) for one in facts.routines},
        )

    def within(self, routine: Routine, steps: tuple[Step, ...]) -> Flow:
        """The same inside a function: with the variables that are given a blob, at whatever step."""
        fires = not routine.fires_on or bool(self.homes & set(routine.fires_on))
        flow = msgspec.structs.replace(
            self, rows=frozenset(("new", "old", *routine.transition_tables)) if fires else frozenset()
        )
        while True:
            found = flow.variables
            for step in steps:
                # new.encrypted_blob is the row's own, and an assignment to it leaves the blob at home.
                targets = {name for name in step.targets if not name.startswith("new.")}
                if targets - found and flow.carries(step.tree):
                    found |= targets
            if found == flow.variables:
                return flow
            flow = msgspec.structs.replace(flow, variables=found)

    def is_home(self, table: Any) -> bool:
        """Whether it is a table that holds blobs."""
        return f"{table.schemaname or 'public'}.{table.relname}" in self.homes

    def scope(self, tree: Any) -> Flow:
        """The same with the names that a statement gives to rows with a blob."""
        rows = set(self.rows)
        for node in walk(tree):
            if isinstance(node, ast.RangeVar) and (
                self.is_home(node) or (not node.schemaname and node.relname in rows)
            ):
                rows.add(node.alias.aliasname if node.alias else node.relname)
        inner = msgspec.structs.replace(self, rows=frozenset(rows))
        for node in walk(tree):
            if isinstance(node, ast.CommonTableExpr) and inner.carries(node.ctequery):
                rows.add(node.ctename)
            elif isinstance(node, ast.RangeSubselect) and node.alias and inner.carries(node.subquery):
                rows.add(node.alias.aliasname)
        for node in walk(tree):
            if isinstance(node, ast.RangeVar) and node.alias and node.relname in rows and not node.schemaname:
                rows.add(node.alias.aliasname)
        return msgspec.structs.replace(self, rows=frozenset(rows))

    def carries(self, node: Any) -> bool:  # noqa: C901, PLR0911, PLR0912 - a case for each kind of node
        """Whether the value of the expression, or the rows of the statement, still hold a blob."""
        match node:
            case None:
                return False
            case tuple() | list():
                return any(self.carries(one) for one in node)
            case ast.SelectStmt() | ast.InsertStmt() | ast.UpdateStmt() | ast.DeleteStmt() | ast.MergeStmt():
                return self.scope(node)._statement(node)  # noqa: SLF001 - its own class
            case ast.ColumnRef():
                return self._column(node)
            case ast.ParamRef():
                return f"${node.number}" in self.variables
            case ast.FuncCall():
                return self._call(node)
            case ast.A_Expr():
                name = node.name[-1].sval if node.name else ""
                return name not in COMPARISONS and self.carries((node.lexpr, node.rexpr))
            case ast.BoolExpr() | ast.NullTest() | ast.BooleanTest():
                return False
            case ast.CaseExpr():
                return self.carries(tuple(way.result for way in node.args)) or self.carries(node.defresult)
            case ast.SubLink():
                held = node.subLinkType in (SubLinkType.EXPR_SUBLINK, SubLinkType.ARRAY_SUBLINK)
                return held and self.carries(node.subselect)
            case ast.A_Indirection():
                last = getattr(node.indirection[-1], "sval", "")
                return self.carries(node.arg) and (not last or last in self.columns)
            case ast.Node():
                return any(self.carries(getattr(node, name)) for name in node)
            case _:
                return False

    def _statement(self, node: Any) -> bool:
        if isinstance(node, ast.SelectStmt):
            shown = node.targetList or ()
            stars = any(_is_star(target) for target in shown) and self._reads_row(node.fromClause)
            return stars or self.carries((shown, node.valuesLists, node.larg, node.rarg))
        if isinstance(node, ast.InsertStmt):
            conflict = node.onConflictClause
            return self.carries(node.selectStmt) or (conflict is not None and self.carries(conflict.targetList))
        if isinstance(node, ast.UpdateStmt):
            return self.carries(node.targetList)
        if isinstance(node, ast.MergeStmt):
            return self.carries(tuple((way.targetList, way.values) for way in node.mergeWhenClauses))
        return self.carries(getattr(node, "returningList", None))

    def _reads_row(self, tables: Any) -> bool:
        return any(
            (node.alias.aliasname if node.alias else getattr(node, "relname", "")) in self.rows
            for node in walk(tables)
            if isinstance(node, ast.RangeVar | ast.RangeSubselect)
        )

    def _column(self, node: ast.ColumnRef) -> bool:
        names = [getattr(field, "sval", "*") for field in node.fields]
        if len(names) == 1:
            return names[0] in self.columns | self.rows | self.variables
        if names[-1] == "*":
            return names[-2] in self.rows | self.variables
        return names[-1] in self.columns

    def _call(self, node: ast.FuncCall) -> bool:
        name = words(node.funcname)
        if name.rpartition(".")[2] in REDUCING or not self.carries(node.args):
            return False
        if name not in self.bodies or self.depth > 2:  # noqa: PLR2004 - deeper nothing is told apart
            return True
        routine, body = self.bodies[name]
        if routine.returns in SMALL:
            return False
        if routine.language != "sql":
            return True
        given = [f"${place}" for place, _ in enumerate(node.args, 1)] + list(routine.arguments)
        inner = msgspec.structs.replace(self, variables=frozenset(given), rows=frozenset(), depth=self.depth + 1)
        return inner.carries(body.trees)


def _is_star(target: Any) -> bool:
    return (
        isinstance(target.val, ast.ColumnRef)
        and len(target.val.fields) == 1
        and isinstance(target.val.fields[0], ast.A_Star)
    )
