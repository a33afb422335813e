-- pg_net answers a call long after it was made, by its number; so that somebody can look, the numbers are noted. The calls
-- themselves are a job of pg_cron (medtime wakeups schedule).
create table private.wakeup_calls (
  request_id bigint not null,
  called_at timestamptz not null default clock_timestamp()
);
comment on table private.wakeup_calls is 'The calls of push-notify that pg_cron made in the last hours.';
comment on column private.wakeup_calls.request_id is 'The number that pg_net gave it.';
comment on column private.wakeup_calls.called_at is 'When.';
create index wakeup_calls_called on private.wakeup_calls (called_at);

alter table private.wakeup_calls enable row level security;
alter table private.wakeup_calls force row level security;
revoke all on table private.wakeup_calls from public, anon, authenticated, service_role;
