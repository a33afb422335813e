-- How wake-ups stand, at a cost that does not grow with the queue: metrics ask for it all the time.
create index srv_push_outbox_set_aside on public.srv_push_outbox (set_aside_at) where set_aside_at is not null;

create or replace function private.wakeup_state()
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
-- Whatever the statistics say: no plan may read a whole table.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
  select jsonb_build_object(
    'coalescing_window_seconds', extract(epoch from s.coalescing_window)::integer,
    'requests', (
      select count(*) from (select from private.wakeup_requests as r order by r.id limit 10000) as c
    ),
    'waiting', q.waiting,
    'at_work', (
      select count(*) from (
        select from public.srv_push_outbox as o where o.ticket is not null order by o.ticket limit 10000
      ) as w
    ),
    'set_aside_now', (
      select count(*) from (
        select from public.srv_push_outbox as o
        where o.set_aside_at is not null
        order by o.set_aside_at
        limit 10000
      ) as a
    ),
    'oldest_seconds', greatest(0, extract(epoch from clock_timestamp() - least(
      q.oldest, (select r.requested_at from private.wakeup_requests as r order by r.id limit 1)
    ))::integer),
    'queued', t.queued, 'sent', t.sent, 'retried', t.retried, 'dead', t.dead, 'set_aside', t.set_aside
  )
  from private.wakeup_settings as s
  cross join private.wakeup_totals as t
  cross join (
    select least(count(*) filter (where n.ticket is null), 10000) as waiting, min(n.due_at) as oldest
    from (
      select o.ticket, o.due_at
      from public.srv_push_outbox as o
      where o.set_aside_at is null
      order by o.due_at
      -- Those at work lie among them, mostly behind, since they are due again when their lease is over.
      limit 20000
    ) as n
  ) as q
$$;
comment on function private.wakeup_state() is 'How wake-ups stand: what waits, what is at work and what is set aside (each counted up to 10,000), how long the oldest that is due has waited (0: none is due), and the totals. For metrics and medtime wakeups status.';
revoke all on function private.wakeup_state() from public, anon, authenticated, service_role;
grant execute on function private.wakeup_state() to medtime_service;
