"""Which statements may run in a transaction block, which must not, and which would end ours.

From the statements' syntax trees; where the server alone can tell (a partitioned table, say), its own refusal counts.
"""

from __future__ import annotations

from typing import Final

from pglast import ast, enums

from medtime_backend.migrations.splitting import Statement

# SQLSTATE active_sql_transaction: what the server says to a statement that must stand alone.
MUST_STAND_ALONE: Final = "25001"

_DATA: Final = frozenset({"insert", "update", "delete", "merge", "select", "with", "values"})
_ALWAYS_ALONE: Final = (
    ast.AlterSystemStmt,
    ast.CreatedbStmt,
    ast.DropdbStmt,
    ast.CreateTableSpaceStmt,
    ast.DropTableSpaceStmt,
)
_MAYBE_ALONE: Final = (
    ast.AlterDatabaseStmt,
    ast.AlterSubscriptionStmt,
    ast.ClusterStmt,
    ast.CreateSubscriptionStmt,
    ast.DropSubscriptionStmt,
    ast.ReindexStmt,
)
_WHOLE_DATABASE: Final = frozenset(
    {
        enums.ReindexObjectType.REINDEX_OBJECT_DATABASE,
        enums.ReindexObjectType.REINDEX_OBJECT_SCHEMA,
        enums.ReindexObjectType.REINDEX_OBJECT_SYSTEM,
    }
)
_WITHIN: Final = frozenset(
    {
        enums.TransactionStmtKind.TRANS_STMT_SAVEPOINT,
        enums.TransactionStmtKind.TRANS_STMT_RELEASE,
        enums.TransactionStmtKind.TRANS_STMT_ROLLBACK_TO,
    }
)


def stands_alone(part: Statement) -> bool:
    """Whether the statement cannot run in a transaction block, as far as it can be told without a server."""
    node = _node(part)
    if isinstance(node, ast.VacuumStmt):
        return bool(node.is_vacuumcmd)
    if isinstance(node, ast.ReindexStmt):
        return node.kind in _WHOLE_DATABASE or concurrent(part)
    if isinstance(node, ast.ClusterStmt):
        return node.relation is None
    return isinstance(node, _ALWAYS_ALONE) or concurrent(part)


def may_stand_alone(part: Statement) -> bool:
    """Whether a server that wants the statement outside of a transaction block is to be believed.

    SET TRANSACTION, for one, is refused with the same SQLSTATE for another reason, and does nothing when alone.
    """
    return part.fault is not None or isinstance(_node(part), _MAYBE_ALONE)


def concurrent(part: Statement) -> bool:
    """Whether it says CONCURRENTLY of an index or a partition; a view is refreshed so in any transaction."""
    node = _node(part)
    if isinstance(node, ast.IndexStmt | ast.DropStmt):
        return bool(node.concurrent)
    if isinstance(node, ast.ReindexStmt):
        return any(param.defname == "concurrently" for param in node.params or ())
    if isinstance(node, ast.AlterTableStmt):
        return any(isinstance(cmd.def_, ast.PartitionCmd) and cmd.def_.concurrent for cmd in node.cmds or ())
    return False


def ends_transaction(part: Statement) -> bool:
    """Whether it would begin or end the transaction that a file and its history row share."""
    node = _node(part)
    return isinstance(node, ast.TransactionStmt) and node.kind not in _WITHIN


def ends_session(part: Statement) -> bool:
    """Whether it would drop what the runner keeps in its session, its lock above all."""
    node = _node(part)
    return isinstance(node, ast.DiscardStmt) and node.target == enums.DiscardMode.DISCARD_ALL


def _node(part: Statement) -> ast.Node | None:
    # A file of data has thousands of these, and to parse each takes longer than to run it.
    return None if part.verb in _DATA else part.node
