"""Runs the access token hook as Supabase Auth would, and finds what would keep users from signing in."""

import time
from collections.abc import Iterator
from typing import Any, Literal

import asyncpg
import msgspec

from medtime_backend.access_token_hook import faults_of_claims
from medtime_backend.database import statement
from medtime_backend.identity import LONGEST_TOKEN
from medtime_backend.services.users import UserAccount

HOOK = "public.custom_access_token_hook(jsonb)"
# Auth gives a hook in Postgres two seconds.
TIMEOUT_SECONDS = 2
ISSUER = "https://auth.medtime.app"
LIFETIME = 3600
AUTH = "supabase_auth_admin"
# What the hook may change; all else is Auth's.
OURS = ("tier", "family_id", "family_role", "aud")
# The header with a key id, the dots, and a signature of RS256 with 2048 bits.
TOKEN_FRAME = 90 + 2 + 342


class Finding(msgspec.Struct, frozen=True):
    """What one check found: ok, a finding (users cannot sign in, or too many may call it), or unknown."""

    check: str
    result: Literal["ok", "finding", "unknown"]
    detail: str


class _Run(msgspec.Struct, frozen=True):
    """A call of the hook: as whom, how long it took, and its answer or error."""

    role: str
    seconds: float
    claims: Any = None
    error: str = ""


async def check(connection: asyncpg.Connection, account: UserAccount) -> list[Finding]:
    """All findings for the user. The transaction's role is another one then: it is the caller's to roll back."""
    rights = await connection.fetchrow(statement("hook_rights"))
    if rights is None:
        return [Finding("exists", "finding", f"there is no function {HOOK}")]
    found = [Finding("exists", "ok", HOOK), *_rights(rights)]
    event = msgspec.json.decode(
        await connection.fetchval(statement("hook_event"), account.user_id, ISSUER, LIFETIME),
    )
    run = await _call(connection, event)
    found.append(_as_whom(run, rights))
    if run.error:
        return [*found, Finding("runs", "finding", run.error)]
    found.append(Finding("runs", "ok", f"{run.seconds * 1000:.0f} ms of {TIMEOUT_SECONDS * 1000}"))
    return [*found, *_claims(event["claims"], run.claims, account.tier)]


def _rights(rights: asyncpg.Record) -> Iterator[Finding]:
    def finding(check: str, good: object, yes: str, no: str) -> Finding:
        return Finding(check, "ok" if good else "finding", yes if good else no)

    allowed = rights["auth_may_execute"] and rights["auth_may_enter"]
    yield finding(
        "Auth may call it",
        allowed,
        "supabase_auth_admin has execute on it and usage on its schema",
        "supabase_auth_admin lacks " + ("usage on its schema" if rights["auth_may_execute"] else "execute on it"),
    )
    others = ", ".join(rights["others"])
    yield finding("nobody else may", not others, "no other role has execute", f"these have execute too: {others}")
    yield finding(
        "reads as its owner",
        rights["definer"] and rights["fixed_path"],
        "security definer with a fixed search_path",
        "it is not security definer with a fixed search_path: Auth's role may read none of our tables",
    )


async def _call(connection: asyncpg.Connection, event: dict[str, Any]) -> _Run:
    role = AUTH
    try:
        async with connection.transaction():
            await connection.execute("set local role supabase_auth_admin")
    except asyncpg.InsufficientPrivilegeError:
        role = await connection.fetchval("select current_user::text")
    await connection.execute("set local statement_timeout = '2s'")
    started = time.perf_counter()
    try:
        async with connection.transaction():
            answer = await connection.fetchval(statement("call_hook"), msgspec.json.encode(event).decode())
    except asyncpg.QueryCanceledError:
        return _Run(role, TIMEOUT_SECONDS, error=f"it takes more than {TIMEOUT_SECONDS} s")
    except asyncpg.PostgresError as fault:
        return _Run(role, 0, error=f"it fails: {fault} (SQLSTATE {fault.sqlstate})")
    seconds = time.perf_counter() - started
    found = msgspec.json.decode(answer) if answer else None
    if not isinstance(found, dict) or not isinstance(found.get("claims"), dict):
        return _Run(role, seconds, error="its answer has no claims")
    return _Run(role, seconds, claims=found["claims"])


def _as_whom(run: _Run, rights: asyncpg.Record) -> Finding:
    if run.role == AUTH:
        return Finding("run as Auth", "ok", f"as {AUTH}")
    said = f"{run.role} is no member of {AUTH}, so it was run as {run.role}"
    if rights["definer"]:
        # Whoever calls it, it reads as its owner; who may call it was read from the catalog.
        return Finding("run as Auth", "ok", f"{said}; a security definer function does the same for both")
    return Finding("run as Auth", "unknown", f"{said}, which tells little of a function that is not security definer")


def _claims(before: dict[str, Any], after: dict[str, Any], tier: str) -> Iterator[Finding]:
    faults = faults_of_claims(after)
    ours = ", ".join(f"{name} {after[name]}" for name in OURS if name in after)
    yield Finding("claims", "finding" if faults else "ok", "; ".join(faults) or ours)
    told = after.get("tier")
    yield Finding("tier", "ok" if told == tier else "finding", tier if told == tier else f"{told} instead of {tier}")
    role = after.get("role")
    same = role == before["role"]
    yield Finding(
        "role unchanged",
        "ok" if same else "finding",
        f"{role}" if same else f"{before['role']} became {role}: it decides the database role",
    )
    changed = sorted(name for name in {*before, *after} - {*OURS, "role"} if before.get(name) != after.get(name))
    yield Finding(
        "all else unchanged", "finding" if changed else "ok", ", ".join(changed) or "the other claims are Auth's own"
    )
    size = TOKEN_FRAME + (len(msgspec.json.encode(after)) * 4 + 2) // 3
    yield Finding(
        "size", "ok" if size <= LONGEST_TOKEN else "finding", f"a token of about {size} of {LONGEST_TOKEN} bytes"
    )
