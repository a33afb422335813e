"""Kinds of things that no migration of ours makes yet, and their drifts."""

from tests.audit.drifts.drift import changed, missing

OTHER_KINDS = """
create view public.seen with (security_invoker = on) as select id from public.srv_ocr_requests;
create type public.mood as enum ('good', 'bad');
create domain public.positive as int constraint above_zero check (value > 0);
create statistics public.together on version, user_id from public.srv_encrypted_entities;
create rule quiet as on delete to public.srv_push_outbox do instead nothing;
create sequence public.numbers;
create publication spread for table public.srv_ocr_requests (id);
create aggregate public.total(int) (sfunc = int4pl, stype = int);
create table public.parts (a int) partition by list (a);
create table public.part partition of public.parts for values in (1);
alter default privileges for role postgres in schema private grant select on tables to service_role;
"""
OF_OTHER_KINDS = (
    changed(
        "alter view public.seen reset (security_invoker)", "view public.seen", "options: expected security_invoker=on"
    ),
    changed(
        "create or replace view public.seen as select id from public.srv_ocr_requests where false; "
        "alter view public.seen set (security_invoker = on)",
        "view public.seen",
        "definition: ",
        mended=False,
    ),
    changed("alter type public.mood add value 'odd'", "enum public.mood", "found good, bad, odd", mended=False),
    changed("revoke usage on type public.mood from public", "enum public.mood", "expected USAGE, found nothing"),
    changed("alter domain public.positive owner to anon", "domain public.positive", "found anon"),
    missing("alter domain public.positive drop constraint above_zero", "constraint above_zero on public.positive"),
    changed(
        "alter domain public.positive drop constraint above_zero;"
        "alter domain public.positive add constraint above_zero check (value > 0) not valid",
        "constraint above_zero on public.positive",
        "validated: expected yes, found no",
    ),
    missing("drop statistics public.together", "statistics public.together"),
    changed(
        "alter table public.srv_push_outbox disable rule quiet", "rule quiet on public.srv_push_outbox", "disabled"
    ),
    changed(
        "create or replace rule quiet as on delete to public.srv_push_outbox do also nothing",
        "rule quiet on public.srv_push_outbox",
        "definition: ",
    ),
    changed("alter sequence public.numbers increment 7", "sequence public.numbers", "by 7", mended=False),
    changed("grant usage on sequence public.numbers to anon", "sequence public.numbers", "found USAGE"),
    changed(
        "alter publication spread set table public.srv_ocr_requests",
        "publication spread",
        "expected public.srv_ocr_requests (id), found public.srv_ocr_requests.",
        mended=False,
    ),
    changed("grant execute on function public.total(int) to anon", "aggregate public.total(integer)", "found EXECUTE"),
    missing("drop table public.part", "table public.part", mended=False),
    missing(
        "alter default privileges for role postgres in schema private revoke select on tables from service_role",
        "default privileges postgres on tables in private",
    ),
)
