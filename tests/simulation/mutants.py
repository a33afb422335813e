"""Faults a sync system can have: changes of our SQL functions, of the service's answers, and of the client."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import msgspec

from medtime_backend.client.messages import Row
from medtime_backend.client.replica import Replica
from medtime_backend.client.state import DeviceState

# What is wrong: {function: (pattern in its definition, text instead)}.
SQL: dict[str, dict[str, tuple[str, str]]] = {
    "a push ignores the base version": {
        "public.srv_push": ("when p.base_version = e.version then", "when p.base_version <= e.version then"),
    },
    "a push writes what does not conflict": {
        "public.srv_push": ("if seen is not null then", "if seen is not null and places[amount] = 0 then"),
    },
    "a stale push undoes a deletion": {
        "public.srv_push": ("deleted_at is not null then 'deleted'", "deleted_at is not null then 'update'"),
    },
    "a retry writes again": {
        "public.srv_push": ("then 'retry'", "then 'update'"),
    },
    "a retry conflicts": {
        "public.srv_push": ("and e.checksum = p.checksum and", "and false and"),
    },
    "another device's deletion counts as a retry": {
        "public.srv_push": (r"and e.client_id = srv_push.device_id\s", "and e.deleted_at is not null "),
    },
    "a retry moves the counter": {
        "public.srv_push": (r"if writes > 0 then(\s.*?device_id,) writes", r"if true then\1 amount"),
    },
    "no lock": {
        "private.begin_write": (
            r"select private\.lock_owner\(auth\.uid\(\)\)",
            "insert into private.owners (user_id) values (auth.uid()) on conflict do nothing",
        ),
        # On a slow database: judging and writing lie further apart.
        "private.reserve_own_dots": (r"select private\.", "select pg_sleep(0.01); select private."),
    },
    "a counter is used again": {
        "private.reserve_dots": (r"= counter - amount,", "= greatest(counter - amount - 1, 0),"),
    },
    "time follows the clock back": {
        "private.reserve_dots": (r"greatest\(clock_timestamp\(\), o.changed_at\)", "clock_timestamp()"),
    },
    "a page is ordered by id": {
        "public.srv_pull": (r"over \(order by c.updated_at\)", "over (order by c.id)"),
    },
    "a page covers the next ones": {
        "public.srv_pull": (r"'clock', case when g\.has_more", "'clock', case when false"),
    },
    "a page hides that there is more": {
        "public.srv_pull": (r"limit most_entities \+ 1", "limit most_entities"),
    },
    "a pull leaves out tombstones": {
        "public.srv_pull": (r"as r\s+where r\.place", "as r where r.deleted_at is null and r.place"),
    },
    "a push from an old epoch is taken": {
        "public.srv_push": ("srv_push.known_epoch <>", "null::uuid <>"),
    },
    "an old epoch is served": {
        "public.srv_pull": (r"srv_pull\.epoch is distinct from current_epoch", "false"),
    },
    "a pull does not look at the horizon": {
        "public.srv_pull": ("if not first_pull and", "if false and"),
    },
    "a first pull does not notice a purge": {
        "private.covers_horizon": (
            r"and o\.purges is distinct from covers_horizon\.purges",
            "and covers_horizon.purges is null",
        ),
    },
    "a push does not look at the horizon": {
        "public.srv_push": (r"and not private\.covers_horizon", "and null is not null and not private.covers_horizon"),
    },
    "a purge does not raise the horizon": {
        "private.purge_tombstones": (r"greatest\(g\.value::bigint,", "greatest(0,"),
    },
    "a purge forgets earlier ones": {
        "private.purge_tombstones": (r"horizon = o\.horizon \|\| \(", "horizon = ("),
    },
    "deletions are not counted": {
        "private.count_updated": (r"sum\(c\.sign\) filter \(where c\.deleted_at is not null\)", "0"),
    },
    "the digest misses updates": {
        "private.count_updated": (r"private\.entity_hash\(c\.id, c\.version", "private.entity_hash(c.id, 1"),
    },
    "purged tombstones are still counted": {
        "private.count_deleted": (r"-count\(r\.deleted_at\)", "0"),
    },
    "a revoked caregiver may read": {
        "private.may_read": ("and l.status = 'active'", ""),
        "private.readable_owners": ("and l.status = 'active'", ""),
    },
}


@asynccontextmanager
async def changed(admin: asyncpg.Connection, changes: Mapping[str, tuple[str, str]]) -> AsyncIterator[None]:
    """Change the functions, and put them back in the end. Raises LookupError if there is nothing to change."""
    originals = []
    try:
        for function, (pattern, text) in changes.items():
            original = await admin.fetchval("select pg_get_functiondef($1::regproc::oid)", function)
            faulty, times = re.subn(pattern, text, original, flags=re.DOTALL)
            if not times:
                raise LookupError(f"{function} has no {pattern}")
            originals.append(original)
            await admin.execute(faulty)
        yield
    finally:
        for original in originals:
            await admin.execute(original)


class HastyClocks(httpx.AsyncHTTPTransport):
    """A service whose clock after a push covers all there is, seen by the device or not."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if request.url.path != "/sync/push" or answer.status_code != httpx.codes.OK:
            return answer
        headers = {name: request.headers[name] for name in ("authorization", "host")}
        status = httpx.Request("GET", request.url.join("/sync/status"), headers=headers)
        everything: dict[str, Any] = msgspec.json.decode(await (await super().handle_async_request(status)).aread())
        media_type = answer.headers["content-type"].split(";")[0]
        form: Any = msgspec.json if media_type == "application/json" else msgspec.msgpack
        body = form.decode(await answer.aread()) | {"clock": everything["clock"]}
        return httpx.Response(httpx.codes.OK, headers={"content-type": media_type}, content=form.encode(body))


def keep_the_unseen(_replica: Replica) -> None:
    """Keep, after starting over, what is no longer on the server (instead of Replica.drop_unseen)."""


def overwrite_edits(state: DeviceState, replica: Replica, row: Row) -> None:
    """Take a row in over an edit that was not sent yet (instead of DeviceState.apply)."""
    if entity := replica.entities.get(row.id):
        entity.draft = None
        state.pending.pop(row.id, None)
    APPLY(state, replica, row)


APPLY = DeviceState.apply
CLIENT: dict[str, tuple[type, str, Any]] = {
    "a device keeps what was purged": (Replica, "drop_unseen", keep_the_unseen),
    "a pull overwrites edits": (DeviceState, "apply", overwrite_edits),
}
