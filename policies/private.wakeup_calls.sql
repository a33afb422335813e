-- private.wakeup_calls: which calls of pg_net were those of push-notify.
--
-- Who may do what, and why
--   Only the operator reads it (medtime wakeups status); pg_cron's job writes, as the role that scheduled it.
--
-- rows belong to: nobody
-- columns: request_id bigint, called_at timestamptz
-- triggers: none
-- sample: insert into private.wakeup_calls (request_id) select 1 where $1::uuid is not null
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table private.wakeup_calls enable row level security;
alter table private.wakeup_calls force row level security;

revoke all on table private.wakeup_calls from public, anon, authenticated, service_role;
