-- Where pg_cron is there, the database cleans itself; elsewhere `medtime cleanup run` does it, from outside.
create function private.schedule_cleanup(at_time time)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('cron.job') is null then
    return false;
  end if;
  -- No procedure: one that commits can have no search_path of its own (docs/decisions/0022-*.md).
  perform cron.schedule(
    'medtime-cleanup',
    extract(minute from at_time) || ' ' || extract(hour from at_time) || ' * * *',
    $job$do $run$
declare
  step jsonb := '{}';
begin
  loop
    step := private.cleanup(run => (step ->> 'run')::uuid, ran_by => 'cron');
    exit when (step ->> 'ended')::boolean;
    commit;
  end loop;
  if step ->> 'outcome' <> 'done' then
    raise warning 'medtime-cleanup is %', step ->> 'outcome';
  end if;
end
$run$
$job$
  );
  return true;
end
$$;
comment on function private.schedule_cleanup(time) is 'Has pg_cron run the cleanup daily at a time (UTC): makes the job medtime-cleanup or changes it. False: there is no pg_cron.';
revoke all on function private.schedule_cleanup(time) from public, anon, authenticated, service_role;

create function private.unschedule_cleanup()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  job bigint;
begin
  if to_regclass('cron.job') is null then
    return false;
  end if;
  select j.jobid into job from cron.job as j where j.jobname = 'medtime-cleanup' and j.username = current_user;
  return found and cron.unschedule(job);
end
$$;
comment on function private.unschedule_cleanup() is 'Takes the job medtime-cleanup from pg_cron. False: there was none.';
revoke all on function private.unschedule_cleanup() from public, anon, authenticated, service_role;

do $$
begin
  begin
    if private.schedule_cleanup('03:00') then
      return;
    end if;
  exception when insufficient_privilege then
    -- pg_cron is there, but was not made by Supabase, which grants this.
    raise warning 'the cleanup is not scheduled: % may not use the schema cron', current_user
      using hint = 'As a superuser: grant usage on schema cron to postgres; then run: medtime cleanup schedule --at 03:00';
    return;
  end;
  raise warning 'the cleanup is not scheduled: pg_cron is not installed in this database'
    using hint = 'After "create extension pg_cron" run: medtime cleanup schedule --at 03:00. Without pg_cron run "medtime cleanup run" daily (docs/cleanup.md).';
end
$$;
