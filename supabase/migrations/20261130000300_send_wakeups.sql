-- How the sender (supabase/functions/push-notify) gets its work and tells what became of it. It learns addresses, never
-- whose they are. All times are those of this database.
--
-- Locks: addresses first, then the queue, each in the order of its key. Who makes wake-ups of requests waits for no
-- address, who claims waits for nothing.
create table private.wakeup_totals (
  singleton boolean primary key default true check (singleton),
  queued bigint not null default 0,
  sent bigint not null default 0,
  retried bigint not null default 0,
  dead bigint not null default 0,
  set_aside bigint not null default 0
);
comment on table private.wakeup_totals is 'One row: what became of all wake-ups so far. For metrics.';
comment on column private.wakeup_totals.singleton is 'Always true: keeps the table at one row.';
comment on column private.wakeup_totals.queued is 'Wake-ups queued, each for one device.';
comment on column private.wakeup_totals.sent is 'Taken by Apple or Google.';
comment on column private.wakeup_totals.retried is 'Attempts to be repeated later.';
comment on column private.wakeup_totals.dead is 'Addresses removed, since nobody is there any more.';
comment on column private.wakeup_totals.set_aside is 'Given up for the time being: refused, or tried too often.';
insert into private.wakeup_totals default values;

alter table private.wakeup_totals enable row level security;
alter table private.wakeup_totals force row level security;
revoke all on table private.wakeup_totals from public, anon, authenticated, service_role;

create function private.queue_requested_wakeups(max_requests integer)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- Whatever the statistics say: no plan may read a whole table.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  moment constant timestamptz := clock_timestamp();
  pause constant interval := private.coalescing_window();
  last_attempt constant integer := (select s.most_attempts - 1 from private.wakeup_settings as s);
  taken private.wakeup_requests[];
  queued bigint;
begin
  -- One at a time; the others send what is queued. Any fixed number, which nothing else of ours takes.
  if not pg_try_advisory_xact_lock(6331785466) then
    return null;
  end if;
  select array_agg(t) into taken
  from (
    select r.*
    from private.wakeup_requests as r
    order by r.id
    limit max_requests
    for update skip locked
  ) as t;
  if taken is null then
    return null;
  end if;

  with audience as materialized (
    select t.id, d.user_id, d.device_id
    from unnest(taken) as t
    inner join public.srv_push_devices as d on t.user_id = d.user_id and t.by_device is distinct from d.device_id
    union
    select t.id, d.user_id, d.device_id
    from unnest(taken) as t
    inner join public.srv_family_links as l on t.user_id = l.supervised_user_id and l.status = 'active'
    inner join public.srv_push_devices as d on l.supervisor_id = d.user_id
    where t.caregivers_too
  ),

  -- An address that is being changed at this moment is left, with its request, to the next call.
  held as materialized (
    select a.id, a.user_id, a.device_id, d.woken_at
    from audience as a
    left join lateral (
      select d.woken_at
      from public.srv_push_devices as d
      where d.user_id = a.user_id and d.device_id = a.device_id
      limit 1
      for key share skip locked
    ) as d on true
  ),

  done as (
    delete from private.wakeup_requests as r
    using unnest(taken) as t
    where r.id = t.id and r.id not in (select h.id from held as h where h.woken_at is null)
  ),

  added as (
    insert into public.srv_push_outbox as o (user_id, device_id, queued_at, due_at)
    select distinct on (h.user_id, h.device_id) h.user_id, h.device_id, moment, greatest(moment, h.woken_at + pause)
    from held as h
    where h.woken_at is not null
    order by h.user_id, h.device_id
    on conflict (user_id, device_id) do update
    set
      -- Sent to right now: the device may look before it can see this change.
      again = o.ticket is not null,
      -- After an outage all would stay set aside: a change tries once more, at most once an hour.
      attempts = case when o.set_aside_at is null then o.attempts else last_attempt end,
      due_at = case when o.set_aside_at is null then o.due_at else greatest(moment, o.set_aside_at + interval '1 hour') end,
      set_aside_at = null
    where o.ticket is not null or o.set_aside_at is not null
    returning o.again
  )

  select count(*) filter (where not a.again) into queued from added as a;
  return queued;
end
$$;
comment on function private.queue_requested_wakeups(integer) is 'Turns so many requests, the oldest first, into wake-ups: one for each device, due at once or when its window is over. Returns how many are new; null: there were no requests, or another caller is at it. Called by public.srv_claim_wakeups only.';
revoke all on function private.queue_requested_wakeups(integer) from public, anon, authenticated, service_role;

create function public.srv_claim_wakeups(amount integer, lease_seconds integer)
returns table (ticket uuid, platform text, environment text, token text, attempts integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
#variable_conflict use_column
declare
  step bigint;
  added bigint := 0;
  most constant integer := (select s.most_attempts from private.wakeup_settings as s);
  moment timestamptz;
  lease_end timestamptz;
begin
  if coalesce(amount, 0) not between 1 and 1000 then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "amount"}');
  end if;
  if coalesce(lease_seconds, 0) not between 5 and 3600 then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "lease_seconds"}');
  end if;
  -- A few at a time, since one request can stand for thousands of devices.
  for part in 1 .. 1 + amount / 10 loop
    step := private.queue_requested_wakeups(10);
    exit when step is null;
    added := added + step;
    exit when added >= amount;
  end loop;
  moment := clock_timestamp();
  -- Of a sender that has died nobody knows what it sent, nor when. A window after the last moment at which it may have sent,
  -- another may.
  lease_end := moment + make_interval(secs => lease_seconds) + private.coalescing_window();

  return query
  with due as (
    select o.user_id, o.device_id, o.attempts
    from public.srv_push_outbox as o
    where o.set_aside_at is null and o.due_at <= moment
    order by o.due_at
    limit amount
    for update skip locked
  ),

  -- Whoever claims it dies, again and again.
  spent as (
    update public.srv_push_outbox as o
    set set_aside_at = moment, ticket = null, leased_until = null, again = false
    from due as d
    where d.attempts >= most and o.user_id = d.user_id and o.device_id = d.device_id
    returning 1
  ),

  counted as (
    update private.wakeup_totals as t
    set queued = t.queued + added, set_aside = t.set_aside + s.given_up
    from (select count(*) as given_up from spent) as s
    where added + s.given_up > 0
  ),

  leased as (
    update public.srv_push_outbox as o
    set
      ticket = gen_random_uuid(), leased_until = lease_end, due_at = lease_end, again = false, attempts = o.attempts + 1
    from due as d
    where d.attempts < most and o.user_id = d.user_id and o.device_id = d.device_id
    returning o.user_id, o.device_id, o.ticket, o.attempts
  )

  select l.ticket, d.platform, d.environment, d.token, l.attempts
  from leased as l
  inner join public.srv_push_devices as d on l.user_id = d.user_id and l.device_id = d.device_id;
end
$$;
comment on function public.srv_claim_wakeups(integer, integer) is 'Up to amount (1 to 1000) wake-ups that are due, for a sender that sends them within lease_seconds (5 to 3600) and then tells what became of them, by ticket (public.srv_finish_wakeups). Those of which nothing was told are given out again, under new tickets, a coalescing window later. Raises invalid-field (MT400).';

create function public.srv_finish_wakeups(
  tickets uuid[], outcomes text[], delays integer[],
  out sent bigint, out retried bigint, out dead bigint, out set_aside bigint, out stale bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
#variable_conflict use_column
declare
  amount constant integer := coalesce(cardinality(tickets), 0);
  pause constant interval := private.coalescing_window();
  most constant integer := (select s.most_attempts from private.wakeup_settings as s);
  moment constant timestamptz := clock_timestamp();
begin
  if amount not between 1 and 1000 or (cardinality(outcomes), cardinality(delays)) is distinct from (amount, amount) then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "tickets"}');
  end if;
  if exists (
    select from unnest(outcomes) as o (outcome)
    where coalesce(o.outcome, '') not in ('sent', 'retry', 'dead', 'poison')
  ) then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "outcomes"}');
  end if;

  -- Nobody registers these devices anew until it is noted what became of their old addresses.
  perform
  from public.srv_push_devices as d
  inner join public.srv_push_outbox as o on d.user_id = o.user_id and d.device_id = o.device_id
  where o.ticket = any(tickets)
  order by d.user_id, d.device_id
  for no key update of d;
  with gone as (
    delete from public.srv_push_devices as d
    using unnest(tickets, outcomes) as f (ticket, outcome), public.srv_push_outbox as o
    where f.outcome = 'dead' and o.ticket = f.ticket and d.user_id = o.user_id and d.device_id = o.device_id
    returning 1
  )

  select count(*) into dead from gone as g;

  perform
  from public.srv_push_outbox as o
  where o.ticket = any(tickets)
  order by o.user_id, o.device_id
  for update;
  with sent_to as (
    update public.srv_push_devices as d
    set woken_at = moment, last_used_at = moment
    from unnest(tickets, outcomes) as f (ticket, outcome), public.srv_push_outbox as o
    where f.outcome = 'sent' and o.ticket = f.ticket and d.user_id = o.user_id and d.device_id = o.device_id
    returning d.user_id, d.device_id, o.again
  ),

  emptied as (
    delete from public.srv_push_outbox as o
    using sent_to as s
    where not s.again and o.user_id = s.user_id and o.device_id = s.device_id
  ),

  renewed as (
    update public.srv_push_outbox as o
    set ticket = null, leased_until = null, again = false, attempts = 0, queued_at = moment, due_at = moment + pause
    from sent_to as s
    where s.again and o.user_id = s.user_id and o.device_id = s.device_id
  )

  select count(*) into sent from sent_to as s;
  with left_over as (
    update public.srv_push_outbox as o
    set
      ticket = null, leased_until = null, again = false,
      -- A provider that did not answer may have sent it all the same.
      due_at = moment + greatest(pause, make_interval(secs => least(coalesce(f.delay, 0), 86400))),
      set_aside_at = case when f.outcome = 'poison' or o.attempts >= most then moment end
    from unnest(tickets, outcomes, delays) as f (ticket, outcome, delay)
    where f.outcome in ('retry', 'poison') and o.ticket = f.ticket
    returning o.set_aside_at
  )

  select count(*) filter (where l.set_aside_at is null), count(l.set_aside_at) into retried, set_aside
  from left_over as l;
  stale := amount - sent - retried - dead - set_aside;
  if stale < amount then
    update private.wakeup_totals as t
    set
      sent = t.sent + srv_finish_wakeups.sent,
      retried = t.retried + srv_finish_wakeups.retried,
      dead = t.dead + srv_finish_wakeups.dead,
      set_aside = t.set_aside + srv_finish_wakeups.set_aside;
  end if;
end
$$;
comment on function public.srv_finish_wakeups(uuid[], text[], integer[]) is 'What became of claimed wake-ups, 1 to 1000: sent; retry, after so many seconds (at least the coalescing window, at most a day; not any more after the most attempts); dead: the address is removed; poison: set aside. Returns how many of each, and how many tickets are stale: of leases that are over, or of a device that was registered anew. Those change nothing, so it can be repeated. Raises invalid-field (MT400).';

revoke all on function public.srv_claim_wakeups(integer, integer), public.srv_finish_wakeups(uuid[], text[], integer[])
from public, anon, authenticated, service_role;
grant execute on function
public.srv_claim_wakeups(integer, integer), public.srv_finish_wakeups(uuid[], text[], integer[])
to service_role;

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
