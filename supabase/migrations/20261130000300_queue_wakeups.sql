-- From accounts that changed to devices that are to be woken. The sender does it, each time before it claims.
--
-- Locks: users first, then addresses, then the queue, each in the order of its key. Who makes wake-ups of requests waits
-- for no address, and touches the queue only under addresses that nobody else changes or finishes; who claims waits for
-- nothing. All times are those of this database.
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

create function private.queue_requested_wakeups(
  max_requests integer, after bigint, out queued bigint, out reached bigint
)
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
begin
  -- One at a time; the others send what is queued. Any fixed number, which nothing else of ours takes.
  if not pg_try_advisory_xact_lock(6331785466) then
    return;
  end if;
  select array_agg(t), max(t.id) into taken, reached
  from (
    select r.*
    from private.wakeup_requests as r
    where r.id > after
    order by r.id
    limit max_requests
    for update skip locked
  ) as t;
  if taken is null then
    return;
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

  -- An address that is being changed or finished at this moment is left, with its request, to the next call.
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
end
$$;
comment on function private.queue_requested_wakeups(integer, bigint) is 'Turns so many requests, the oldest after that id first, into wake-ups: one for each device, due at once or when its window is over. Returns how many are new, and the id it has reached; null: there are no more requests, or another caller is at it. Called by public.srv_claim_wakeups only.';
revoke all on function private.queue_requested_wakeups(integer, bigint) from public, anon, authenticated, service_role;
