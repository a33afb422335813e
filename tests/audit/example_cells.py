"""Building audits by hand, for tests of how they are shown."""

from __future__ import annotations

from datetime import UTC, datetime

from medtime_backend.audit.findings import Audit, Cell
from medtime_backend.audit.personas import NAMES, PERSONAS
from medtime_backend.audit.reports.standing import Place

VERBS = (
    *("select", "insert", "insert returning", "insert on conflict", "update", "hand over", "delete"),
    "truncate",
)
USERS = frozenset(persona.name for persona in PERSONAS if persona.user)


def _script(role: str, persona: str, statement: str) -> str:
    claims = f'{{"role": "{role}", "sub": "{persona}", "aud": "medtime-api", "tier": "free"}}'
    return "\n".join(
        [
            "begin;",
            f"set local role {role};",
            f"select set_config('request.jwt.claims', '{claims}', true);",
            statement,
            "rollback;",
        ]
    )


def _statement(name: str, verb: str) -> str:
    if verb == "select":
        return f"select count(*) from {name};"  # noqa: S608 - shown, never run
    return f"select {name};" if verb == "execute" else f"explain {verb} {name};"


def cell_at(place: Place, kind: str, classes: tuple[str, ...], *, rows: bool) -> Cell:
    """A cell as declared."""
    name, persona, verb = place
    role = next(one.role for one in PERSONAS if one.name == persona)
    counts = {one: 3 if one in classes else 0 for one in ("own", "shared", "foreign", "public")}
    outcome = ("rows" if rows else "executed") if classes else "filtered" if rows and persona in USERS else "no grant"
    refused = f"42501: permission denied for {kind} {name.partition('.')[2] or name}"
    return Cell(
        object=name,
        kind=kind,  # type: ignore[arg-type] # one of the kinds
        persona=persona,
        verb=verb,
        declared=classes,
        seen=classes,
        outcome=outcome,
        counts=counts if rows and outcome != "no grant" else {},
        sql=_script(role, persona, _statement(name, verb)),
        verdict="as declared",
        message=refused if outcome == "no grant" else "",
    )


def audit_of(cells: list[Cell], **others: object) -> Audit:
    """An audit with these cells and no findings; `others` are fields of it."""
    fields = {"findings": (), "suppressed": (), "unchecked": (), "not_proved": (), "mode": "execution"} | others
    return Audit(
        database="db.demo.medtime.app:5432/postgres",
        server_version="PostgreSQL 18.1",
        started_at=datetime(2026, 11, 25, 3, 0, tzinfo=UTC),
        seconds=6.4,
        personas=NAMES,
        objects=len({cell.object for cell in cells}),
        cells=tuple(cells),
        **fields,  # type: ignore[arg-type] # those of Audit
    )
