"""An audit of our schema as it might come out: mostly clean, with two findings."""

from __future__ import annotations

from itertools import product

import msgspec

from medtime_backend.audit.findings import Audit, Cell, Finding, Rule, Suppressed, Unchecked
from medtime_backend.audit.personas import NAMES
from tests.audit.example_cells import USERS, VERBS, audit_of, cell_at

READ, WRITE = frozenset({"select"}), frozenset({"select", "insert", "insert returning", "update"})
# Table → (verbs that a user has on own rows, whether an active caregiver reads the owner's).
TABLES = {
    "public.srv_encrypted_entities": (WRITE, True),
    "public.srv_family_links": (READ, False),
    "public.srv_ocr_requests": (READ, False),
    "public.srv_push_devices": (frozenset(), False),
    "public.srv_push_outbox": (frozenset(), False),
    "public.srv_sync_status": (READ, True),
    "private.epoch": (READ, False),
    "private.owner_totals": (READ, True),
    "private.owners": (frozenset(), False),
    "private.tiers": (frozenset(), False),
}
FUNCTIONS = {
    "public.custom_access_token_hook(jsonb)": {"supabase_auth_admin"},
    "public.srv_pull(jsonb,integer,uuid,text)": USERS,
    "public.srv_push(text,jsonb)": USERS,
    "public.srv_status(boolean)": USERS,
    "private.may_read(uuid)": USERS,
    "private.push_as(jsonb,text,jsonb)": {"medtime_service"},
    "private.readable_owners()": USERS,
    "private.session_state(uuid)": {"medtime_service"},
}
SCHEMAS = {"public": {*NAMES}, "private": {*USERS, "medtime_service"}}
RULES = (
    Rule(
        "undeclared-access",
        "Access that is not declared",
        "error",
        "Each row that a persona reaches without a declaration is a row that nobody decided to share. RLS fails open: "
        "a policy that is too wide shows no error anywhere.",
        "Narrow the policy, or declare the access in policies/ if it is meant.",
    ),
    Rule(
        "definer-search-path",
        "A definer function without a fixed search_path",
        "error",
        "A security definer function runs as its owner, and finds its tables by the caller's search_path: who can make "
        "a schema or a temporary table can make the owner read or write it.",
        "alter function … set search_path = pg_catalog, pg_temp;",
    ),
    Rule(
        "unindexed-policy-column",
        "A policy filters on a column without an index",
        "warning",
        "Each query reads the whole table to find its rows.",
        "create index on the column.",
    ),
)


def _cells() -> list[Cell]:
    cells = []
    for (name, (own, shared)), persona, verb in product(TABLES.items(), NAMES, VERBS):
        may = persona in USERS and verb in own
        reads = may and shared and verb == "select" and persona == "caregiver active"
        mine = ("public",) if name == "private.epoch" else ("own",)
        classes = ("own", "shared") if reads else mine if may else ()
        cells.append(cell_at((name, persona, verb), "table", classes, rows=verb != "truncate"))
    for kind, verb, things in (("function", "execute", FUNCTIONS), ("schema", "usage", SCHEMAS)):
        for (name, personas), persona in product(things.items(), NAMES):
            cells.append(cell_at((name, persona, verb), kind, ("yes",) if persona in personas else (), rows=False))
    return cells


def example_audit() -> Audit:
    """Our schema, mostly clean: a caregiver who still reads after the revocation, a function without a search_path."""
    table = "public.srv_sync_status"
    cells = _cells()
    for number, cell in enumerate(cells):
        if (cell.object, cell.persona, cell.verb) == (table, "caregiver revoked", "select"):
            counts = {"own": 3, "shared": 0, "foreign": 2, "public": 0}
            cells[number] = fault = msgspec.structs.replace(
                cell, seen=("foreign", "own"), outcome="rows", counts=counts, verdict="finding"
            )
    findings = (
        Finding(
            "undeclared-access",
            table,
            "error",
            "Access that is not declared",
            "caregiver revoked reads 2 foreign rows by SELECT; policies/srv_sync_status.sql declares own rows only.",
            fault.sql,
            'drop policy "caregivers may read" on public.srv_sync_status;\n'
            'create policy "caregivers may read" on public.srv_sync_status for select to authenticated\n'
            "using (user_id in (select private.readable_owners()));",
            "caregiver revoked",
            "select",
        ),
        Finding(
            "definer-search-path",
            "private.readable_owners()",
            "error",
            "A definer function without a fixed search_path",
            "private.readable_owners() is security definer and sets no search_path.",
            "select proconfig from pg_proc where oid = 'private.readable_owners()'::regprocedure;",
            "alter function private.readable_owners() set search_path = pg_catalog, pg_temp;",
        ),
    )
    accepted = Finding(
        "unindexed-policy-column",
        "public.srv_push_devices",
        "warning",
        "A policy filters on a column without an index",
        "user_id of public.srv_push_devices leads no index.",
        "explain select * from public.srv_push_devices;",
        "create index on public.srv_push_devices (user_id);",
        source="pgrls",
    )
    reason = "The primary key (user_id, device_id) leads with it; pgrls does not read primary keys."
    return audit_of(cells, findings=findings, suppressed=(Suppressed(accepted, reason, "2027-06-30"),))


def clean_audit() -> Audit:
    """Nothing found."""
    return audit_of(_cells())


def unchecked_audit() -> Audit:
    """A read-only audit that could not check everything."""
    audit = example_audit()
    cells = [
        msgspec.structs.replace(cell, verdict="could not check", outcome="error", message="55P03: lock timeout")
        if cell.object == "private.owners" and cell.verb == "select"
        else cell
        for cell in audit.cells
    ]
    unchecked = (Unchecked("private.owners", "55P03: canceling statement due to lock timeout"),)
    not_proved = ("That a WITH CHECK refuses a hand-over of user_id: nothing is written.",)
    return msgspec.structs.replace(
        audit, cells=tuple(cells), unchecked=unchecked, not_proved=not_proved, mode="read-only"
    )
