"""Zero-knowledge rules: nothing undeclared, no place for cleartext, no copy of a blob, no logging of values."""

# ruff: noqa: S608 - faults are constants

import asyncpg
import pytest

from tests.audit.rule_faults import ENTITIES, found_after

TRIGGER = (
    "create function private.f() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$ %s $$; "
    f"create trigger f after insert on {ENTITIES} for each row execute function private.f()"
)
COPY = "create table private.copies (data bytea, body jsonb, note text); "
ADD = f"alter table {ENTITIES} add column %s"
FAULTS = [
    ("undeclared-column", ADD % "drug_name text"),
    ("undeclared-column", f"alter table {ENTITIES} drop column checksum"),
    ("undeclared-column", "alter table private.owners alter column reserved_count type bigint"),
    ("undeclared-column", "alter table private.owner_totals add column hint bit(8)"),
    ("undeclared-trigger", TRIGGER % "begin return null; end"),
    ("undeclared-trigger", f"drop trigger guard_entity on {ENTITIES}"),
    ("undeclared-trigger", f"alter table {ENTITIES} disable trigger guard_entity"),
    ("undeclared-object", "create table public.notes (note text)"),
    ("undeclared-object", f"create view private.v as select id from {ENTITIES}"),
    ("undeclared-object", "create sequence public.s"),
    ("undeclared-object", "create domain public.d as text"),
    ("undeclared-object", "create type private.e as enum ('a')"),
    ("undeclared-object", "create type private.c as (a text)"),
    ("undeclared-object", "create function public.srv_status(text) returns text language sql return $1"),
    ("missing-object", "drop table public.srv_push_outbox"),
    ("missing-object", "drop function public.srv_status(uuid, boolean)"),
    ("blob-copied", COPY + TRIGGER % "begin insert into private.copies values (new.encrypted_blob); return null; end"),
    (
        "blob-copied",
        COPY + TRIGGER % "begin insert into private.copies (body) values (to_jsonb(new)); return null; end",
    ),
    (
        "blob-copied",
        COPY + TRIGGER % "declare x bytea; y text; begin x := new.encrypted_blob; y := encode(x, 'hex'); "
        "insert into private.copies (note) values (y); return null; end",
    ),
    ("blob-copied", TRIGGER % "begin perform pg_notify('sync', row_to_json(new)::text); return null; end"),
    ("blob-copied", TRIGGER % "begin raise log 'entity %', new; return null; end"),
    (
        "blob-copied",
        TRIGGER % "begin raise notice 'x' using detail = encode(new.encrypted_blob, 'base64'); return null; end",
    ),
    ("blob-copied", TRIGGER % "begin execute 'insert into x values ($1)' using new.encrypted_blob; return null; end"),
    ("blob-copied", TRIGGER % "begin perform realtime.send(to_jsonb(new), 'a', 'b', false); return null; end"),
    (
        "blob-copied",
        COPY
        + "create function private.f() returns trigger language plpgsql as $$ begin insert into private.copies (data) "
        "select a.encrypted_blob from added as a; return null; end $$; "
        f"create trigger f after insert on {ENTITIES} referencing new table as added execute function private.f()",
    ),
    (
        "blob-copied",
        COPY + f"create function private.f() returns void language sql begin atomic "
        f"insert into private.copies (data) select e.encrypted_blob from {ENTITIES} as e; end",
    ),
    (
        "blob-copied",
        COPY + "create function private.f() returns void language sql as $$ with e as "
        f"(select * from {ENTITIES}) insert into private.copies (body) select to_jsonb(e) from e $$",
    ),
    (
        "blob-copied",
        COPY
        + f"create rule r as on insert to {ENTITIES} do also insert into private.copies values (new.encrypted_blob)",
    ),
    ("blob-copied", f"create materialized view private.v as select id, encrypted_blob from {ENTITIES}"),
    ("blob-copied", f"create materialized view private.v as select to_jsonb(e) from {ENTITIES} as e"),
    ("parameters-logged", "alter role authenticator set log_statement = 'all'"),
    ("parameters-logged", "alter database postgres set log_min_duration_statement = '250ms'"),
    ("parameters-logged", "alter role medtime_service set log_parameter_max_length_on_error = -1"),
    ("parameters-logged", "alter role authenticated set auto_explain.log_min_duration = '1s'"),
    ("parameters-logged", "alter role authenticated set pgaudit.log = 'ddl, write'"),
    ("parameters-logged", "set log_statement = 'mod'"),
] + [
    ("cleartext-column", ADD % column)
    for column in (
        "note text",
        "note text check (note is not null)",
        "note varchar(200)",
        "note jsonb check (jsonb_typeof(note) = 'object')",
        "note text[]",
        "note text check (note ~ '^.*$')",
        "note text check (note ~ '[a-z]')",
        "note text check (note ~ '^[A-Za-z0-9 ]{1,40}$')",
        "note bytea",
        "note text check (note = 'a' or version > 0)",
        "note xml",
    )
]


@pytest.mark.parametrize(("rule", "fault"), FAULTS)
async def test_the_fault_is_found(superuser: asyncpg.Connection, rule: str, fault: str) -> None:
    found = await found_after(superuser, fault, rule)
    assert found, fault
    assert all(one.detail and one.reproduction and one.fix for one in found.values())


@pytest.mark.parametrize(
    ("rule", "harmless"),
    [
        ("cleartext-column", ADD % "note text check (note ~ '^[a-z]{1,8}$')"),
        ("cleartext-column", ADD % "note text check (note in ('a', 'b'))"),
        ("cleartext-column", ADD % "note text check (note is null or note ~ '^[0-9a-f]{64}$')"),
        ("cleartext-column", ADD % "note bytea check (octet_length(note) between 1 and 32)"),
        ("cleartext-column", "create domain private.d as text check (value ~ '^[a-z]+$'); " + ADD % "note private.d"),
        (
            "blob-copied",
            COPY + TRIGGER % "begin insert into private.copies (data) "
            "values (sha256(new.encrypted_blob)); return null; end",
        ),
        (
            "blob-copied",
            TRIGGER % "begin raise log 'entity % of % bytes', new.id, octet_length(new.encrypted_blob); "
            "return null; end",
        ),
        ("blob-copied", TRIGGER % "begin perform pg_notify('sync', new.user_id::text); return null; end"),
        ("parameters-logged", "alter role postgres set log_statement = 'ddl'"),
        ("parameters-logged", "alter database postgres set auto_explain.log_min_duration = '10s'"),
        ("parameters-logged", "alter role authenticated set log_min_duration_statement = -1"),
    ],
)
async def test_what_is_no_fault_is_not_found(superuser: asyncpg.Connection, rule: str, harmless: str) -> None:
    assert await found_after(superuser, harmless, rule) == {}
