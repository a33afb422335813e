-- What is over is removed after a time (docs/cleanup.md): one call is one batch and one transaction.
-- The ages that the cleanup looks for; the other kinds have their indexes.
create index srv_push_outbox_queued on public.srv_push_outbox (queued_at);

create function private.remove_aged(
  kind text, cutoff timestamptz, max_rows integer, not_before timestamptz,
  out seen bigint, out removed bigint, out reached timestamptz
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  newest timestamptz;
begin
  case kind
    when 'tombstones' then
      select
        count(*) filter (where t.place <= max_rows),
        max(t.deleted_at) filter (where t.place <= max_rows),
        coalesce(max(t.deleted_at) filter (where t.place > max_rows), cutoff)
      into seen, newest, reached
      from (
        select e.deleted_at, row_number() over (order by e.deleted_at) as place
        from public.srv_encrypted_entities as e
        where e.deleted_at >= not_before and e.deleted_at < cutoff
        order by e.deleted_at
        limit max_rows + 1
      ) as t;
      removed := private.purge_tombstones(newest + interval '1 microsecond', max_rows, not_before);
      -- More of one moment than a batch holds, and all that it saw are passed over.
      if removed = 0 and reached = not_before then
        reached := reached + interval '1 microsecond';
      end if;
      return;
    -- Also those that never ended: a request lasts for seconds.
    when 'ocr_requests' then
      with aged as (
        select r.id
        from public.srv_ocr_requests as r
        where r.created_at >= not_before and r.created_at < cutoff
        order by r.created_at
        limit max_rows
        for update skip locked
      ),

      gone as (
        delete from public.srv_ocr_requests as r using aged as a where r.id = a.id returning r.created_at as at
      )

      select count(*), max(g.at) into removed, reached from gone as g;
    -- Sent ones are removed when they are sent; what nobody sent for so long says nothing any more. The device stays, and
    -- the next write queues it again.
    when 'wake_ups' then
      with aged as (
        select o.user_id, o.device_id
        from public.srv_push_outbox as o
        where
          o.queued_at >= not_before and o.queued_at < cutoff
          and coalesce(o.leased_until < clock_timestamp(), true)
        order by o.queued_at
        limit max_rows
        for update skip locked
      ),

      gone as (
        delete from public.srv_push_outbox as o using aged as a
        where o.user_id = a.user_id and o.device_id = a.device_id
        returning o.queued_at as at
      )

      select count(*), max(g.at) into removed, reached from gone as g;
    when 'invitations' then
      with aged as (
        select l.id
        from public.srv_family_links as l
        where l.status = 'pending' and l.expires_at >= not_before and l.expires_at < cutoff
        order by l.expires_at
        limit max_rows
        for update skip locked
      ),

      gone as (
        delete from public.srv_family_links as l using aged as a where l.id = a.id returning l.expires_at as at
      )

      select count(*), max(g.at) into removed, reached from gone as g;
    -- Declined, taken back, revoked.
    when 'ended_links' then
      with aged as (
        select l.id
        from public.srv_family_links as l
        where l.status = 'revoked' and l.updated_at >= not_before and l.updated_at < cutoff
        order by l.updated_at
        limit max_rows
        for update skip locked
      ),

      gone as (
        delete from public.srv_family_links as l using aged as a where l.id = a.id returning l.updated_at as at
      )

      select count(*), max(g.at) into removed, reached from gone as g;
  end case;
  seen := removed;
end
$$;
comment on function private.remove_aged(text, timestamptz, integer, timestamptz) is 'Removes a batch of one kind that is older than the cutoff, the oldest first: how many it saw and removed, and the age it has reached. No lock is waited for. Called by private.cleanup only.';
revoke all on function private.remove_aged(text, timestamptz, integer, timestamptz)
from public, anon, authenticated, service_role;

create function private.cleanup(
  run uuid default null, older_than interval default null, batch integer default 1000, ran_by text default 'sql'
)
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- Pushes of a batch's owners wait for it, so it must not wait itself: behind somebody who alters a table, say.
set lock_timeout = '100ms'
as $$
declare
  kinds constant text[] := array['tombstones', 'ocr_requests', 'wake_ups', 'invitations', 'ended_links'];
  busy constant jsonb := '{"ended": true, "outcome": "busy"}';
  -- The time of the whole statement, in which our caller may run many batches.
  time_limit constant interval := coalesce(nullif(current_setting('statement_timeout')::interval, '0') / 2, '1 hour');
  room integer := batch;
  gone jsonb := '{}';
  state record;
  found_aged record;
begin
  if batch is null or batch not between 1 and 10000 then
    raise exception 'a batch of the cleanup has 1 to 10000 rows' using errcode = 'invalid_parameter_value';
  end if;
  -- Batches of two runs do not meet. Any fixed number, which nothing else of ours takes.
  if not pg_try_advisory_xact_lock(6331785464) then
    return busy;
  end if;
  if run is null then
    select r.* into state from private.begin_cleanup(older_than, ran_by) as r;
  else
    select r.* into state from private.cleanup_runs as r where r.id = cleanup.run and r.ended_at is null;
  end if;
  if state.id is null then
    return busy;
  end if;

  while room > 0 and state.step <= cardinality(kinds) loop
    select * into found_aged from private.remove_aged(kinds[state.step], state.cutoff, room, state.reached);
    gone := gone || jsonb_build_object(
      kinds[state.step], coalesce((gone ->> kinds[state.step])::bigint, 0) + found_aged.removed
    );
    state.passed_over := state.passed_over + found_aged.seen - found_aged.removed;
    if found_aged.seen = room then
      state.reached := found_aged.reached;
    else
      state.reached := '-infinity';
      if kinds[state.step] = 'tombstones' and state.passed_over > 0 and state.round < 3 then
        state.round := state.round + 1;
        state.passed_over := 0;
      else
        state.step := state.step + 1;
      end if;
    end if;
    room := room - found_aged.seen;
  end loop;

  if state.step > cardinality(kinds) then
    state.outcome := 'done';
  elsif clock_timestamp() - statement_timestamp() > time_limit then
    state.outcome := 'unfinished';
  end if;
  update private.cleanup_runs as r
  set
    worked_at = clock_timestamp(),
    ended_at = case when state.outcome is not null then clock_timestamp() end,
    outcome = state.outcome,
    removed = (
      select jsonb_object_agg(
        k.kind, coalesce((r.removed ->> k.kind)::bigint, 0) + coalesce((gone ->> k.kind)::bigint, 0)
      )
      from unnest(kinds) as k (kind)
    ),
    passed_over = state.passed_over,
    step = state.step,
    round = state.round,
    reached = state.reached
  where r.id = state.id
  returning r.* into state;
  return jsonb_build_object(
    'run', state.id,
    'ended', state.outcome is not null,
    'outcome', state.outcome,
    'cutoff', state.cutoff,
    'batch', gone,
    'removed', state.removed,
    'passed_over', state.passed_over
  );
end
$$;
comment on function private.cleanup(uuid, interval, integer, text) is 'One batch of the cleanup. Without a run it begins one; call it with the run that it returns, each time in a transaction of its own, until `ended`. Returns {run, ended, outcome, cutoff, batch: {kind: rows}, removed: {kind: rows}, passed_over}; the outcome is busy while another run is under way, and for a run that is over. Without an age, that of private.retention().';
revoke all on function private.cleanup(uuid, interval, integer, text) from public, anon, authenticated, service_role;
