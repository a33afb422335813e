-- How the sender (supabase/functions/push-notify) gets its work. It learns addresses, never whose they are.
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
  step record;
  added bigint := 0;
  reached bigint := 0;
  most constant integer := (select s.most_attempts from private.wakeup_settings as s);
  moment timestamptz;
  lease_end timestamptz;
  tickets uuid[];
begin
  if coalesce(amount, 0) not between 1 and 1000 then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "amount"}');
  end if;
  if coalesce(lease_seconds, 0) not between 5 and 3600 then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "lease_seconds"}');
  end if;
  -- A few at a time, since one request can stand for thousands of devices; many, since most may stand for devices that are
  -- queued already. Whoever has called waits for it.
  loop
    select q.queued, q.reached into step from private.queue_requested_wakeups(10, reached) as q;
    exit when step.reached is null;
    added := added + step.queued;
    reached := step.reached;
    exit when added >= amount or clock_timestamp() > statement_timestamp() + interval '2 seconds';
  end loop;
  moment := clock_timestamp();
  -- Of a sender that has died nobody knows what it sent, nor when. A window after the last moment at which it may have sent,
  -- another may.
  lease_end := moment + make_interval(secs => lease_seconds) + private.coalescing_window();

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
    returning o.ticket
  )

  select array_agg(l.ticket) into tickets from leased as l;
  -- A statement of its own, which sees the addresses as they are under the leases: whoever registers from now on voids
  -- the ticket. What the one before saw of them could be older, and the end of an old address would remove the new one.
  return query
  select o.ticket, d.platform, d.environment, d.token, o.attempts
  from unnest(tickets) as t (ticket)
  inner join public.srv_push_outbox as o on t.ticket = o.ticket
  inner join public.srv_push_devices as d on o.user_id = d.user_id and o.device_id = d.device_id;
end
$$;
comment on function public.srv_claim_wakeups(integer, integer) is 'Up to amount (1 to 1000) wake-ups that are due, for a sender that sends them within lease_seconds (5 to 3600) and then tells what became of them, by ticket (public.srv_finish_wakeups). Those of which nothing was told are given out again, under new tickets, a coalescing window later. Raises invalid-field (MT400).';
revoke all on function public.srv_claim_wakeups(integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.srv_claim_wakeups(integer, integer) to service_role;
