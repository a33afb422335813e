-- How wake-ups stand, for the service's metrics and for medtime wakeups status.
create function private.wakeup_state()
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  select jsonb_build_object(
    'coalescing_window_seconds', extract(epoch from s.coalescing_window)::integer,
    'requests', (select count(*) from private.wakeup_requests),
    'waiting', q.waiting,
    'at_work', q.at_work,
    'set_aside_now', q.set_aside,
    'oldest_seconds', greatest(0, extract(epoch from clock_timestamp() - least(
      q.oldest, (select min(r.requested_at) from private.wakeup_requests as r)
    ))::integer),
    'queued', t.queued, 'sent', t.sent, 'retried', t.retried, 'dead', t.dead, 'set_aside', t.set_aside
  )
  from private.wakeup_settings as s
  cross join private.wakeup_totals as t
  cross join (
    select
      count(*) filter (where o.ticket is null and o.set_aside_at is null) as waiting,
      count(o.ticket) as at_work,
      count(o.set_aside_at) as set_aside,
      min(o.due_at) filter (where o.set_aside_at is null) as oldest
    from public.srv_push_outbox as o
  ) as q
$$;
comment on function private.wakeup_state() is 'How wake-ups stand: what waits, what is at work, how long the oldest that is due has waited (null: none), and the totals. For metrics and medtime wakeups status.';
revoke all on function private.wakeup_state() from public, anon, authenticated, service_role;
grant execute on function private.wakeup_state() to medtime_service;
