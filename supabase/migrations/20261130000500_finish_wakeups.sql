-- How the sender tells what became of its work.
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

  -- The users first, as a deletion of one takes them: it takes the devices of a user in any order.
  perform
  from auth.users as u
  where u.id in (select o.user_id from public.srv_push_outbox as o where o.ticket = any(tickets))
  order by u.id
  for key share;
  -- Nobody registers these devices anew until it is noted what became of their old addresses. Nor does anybody queue them,
  -- who would read when they were last woken as it was before, and who holds what is queued in more than one step.
  perform
  from public.srv_push_devices as d
  inner join public.srv_push_outbox as o on d.user_id = o.user_id and d.device_id = o.device_id
  where o.ticket = any(tickets)
  order by d.user_id, d.device_id
  for update of d;
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
revoke all on function public.srv_finish_wakeups(uuid[], text[], integer[])
from public, anon, authenticated, service_role;
grant execute on function public.srv_finish_wakeups(uuid[], text[], integer[]) to service_role;
