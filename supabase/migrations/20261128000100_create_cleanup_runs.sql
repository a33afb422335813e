-- What the cleanup has done and how far it is. Each batch is a transaction of its own, so a run lives in a row.
create table private.cleanup_runs (
  id uuid primary key default gen_random_uuid(),
  ran_by text not null constraint ran_by_is_a_caller check (ran_by in ('cron', 'cli', 'sql')),
  cutoff timestamptz not null,
  started_at timestamptz not null default clock_timestamp(),
  worked_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  outcome text constraint outcome_is_known check (outcome in ('done', 'unfinished', 'interrupted')),
  removed jsonb not null default '{}' check (jsonb_typeof(removed) = 'object'),
  passed_over bigint not null default 0,
  step integer not null default 1,
  round integer not null default 1,
  reached timestamptz not null default '-infinity',
  constraint an_outcome_is_that_of_an_ended_run check ((outcome is null) = (ended_at is null))
);
comment on table private.cleanup_runs is 'The last runs of the cleanup, and where the one under way goes on. Kept for 90 days.';
comment on column private.cleanup_runs.id is 'Names the run.';
comment on column private.cleanup_runs.ran_by is 'cron (pg_cron), cli (medtime cleanup run) or sql.';
comment on column private.cleanup_runs.cutoff is 'What is older goes.';
comment on column private.cleanup_runs.started_at is 'When it began.';
comment on column private.cleanup_runs.worked_at is 'When its last batch ended.';
comment on column private.cleanup_runs.ended_at is 'When it ended; null while it is under way.';
comment on column private.cleanup_runs.outcome is 'done; unfinished: its statement would have run out of time; interrupted: no batch came any more.';
comment on column private.cleanup_runs.removed is 'Kind -> rows removed.';
comment on column private.cleanup_runs.passed_over is 'Tombstones that stay for the next run, since their owners were writing.';
comment on column private.cleanup_runs.step is 'The kind it is at, by its place.';
comment on column private.cleanup_runs.round is 'How often it goes over the tombstones: again for what was passed over.';
comment on column private.cleanup_runs.reached is 'How far it is in that kind, by age.';

-- Two at once would do no harm, but also no good.
create unique index cleanup_runs_under_way on private.cleanup_runs ((true)) where ended_at is null;

alter table private.cleanup_runs enable row level security;
alter table private.cleanup_runs force row level security;
revoke all on table private.cleanup_runs from public, anon, authenticated, service_role;

create function private.cleanup_last_success()
returns timestamptz
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select max(r.ended_at) from private.cleanup_runs as r where r.outcome = 'done'
$$;
comment on function private.cleanup_last_success() is 'When a cleanup last came to its end; null if none ever did. For the metric of the service.';
revoke all on function private.cleanup_last_success() from public, anon, authenticated, service_role;
grant execute on function private.cleanup_last_success() to medtime_service;

create function private.retention()
returns interval
language sql
immutable
set search_path = pg_catalog, pg_temp
return interval '30 days';
comment on function private.retention() is 'How long what is over is kept. The one place: the horizon is made of what was purged, so it needs no number.';
revoke all on function private.retention() from public, anon, authenticated, service_role;

create function private.begin_cleanup(older_than interval, ran_by text)
returns private.cleanup_runs
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  -- In seconds: with days, the hour would depend on the session's time zone.
  age constant double precision := extract(epoch from coalesce(older_than, private.retention()));
  run private.cleanup_runs;
begin
  if age not between 0 and 315360000 then
    raise exception 'the cleanup takes an age of 0 seconds to 10 years' using errcode = 'invalid_parameter_value';
  end if;
  -- A batch takes far less than a second, so a run that is silent for a minute will not go on.
  update private.cleanup_runs as r
  set ended_at = r.worked_at, outcome = 'interrupted'
  where r.ended_at is null and r.worked_at < clock_timestamp() - interval '1 minute';
  if exists (select from private.cleanup_runs as r where r.ended_at is null) then
    return null;
  end if;
  delete from private.cleanup_runs as r
  where
    r.started_at < clock_timestamp() - interval '90 days'
    and r.ended_at is distinct from private.cleanup_last_success();
  insert into private.cleanup_runs (ran_by, cutoff)
  values (begin_cleanup.ran_by, clock_timestamp() - make_interval(secs => age))
  returning * into run;
  return run;
end
$$;
comment on function private.begin_cleanup(interval, text) is 'A new run of the cleanup; null while another is under way. Called by private.cleanup only.';
revoke all on function private.begin_cleanup(interval, text) from public, anon, authenticated, service_role;
