-- $1 the functions' address. The key is read from the vault each time, so that it stands in no job. A call waits for pg_net
-- to send it once this job commits; its answer comes later. Nothing to send: no call.
-- By the time of the statement: an index is not searched for the clock's.
select cron.schedule('medtime-wakeups', '* * * * *', format($job$
with called as (
  select net.http_post(
    url => %L,
    headers => jsonb_build_object(
      'apikey', (select s.decrypted_secret from vault.decrypted_secrets as s where s.name = 'medtime_push_notify_key')
    ),
    timeout_milliseconds => 55000
  ) as id
  where
    exists (select from private.wakeup_requests)
    or exists (
      select from public.srv_push_outbox as o
      where o.set_aside_at is null and o.due_at <= statement_timestamp()
    )
),
forgotten as (
  delete from private.wakeup_calls as c where c.called_at < statement_timestamp() - interval '6 hours'
)
insert into private.wakeup_calls (request_id) select c.id from called as c
$job$, $1::text || '/push-notify'))
