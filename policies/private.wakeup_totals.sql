-- private.wakeup_totals: how many wake-ups were queued, sent, retried, and given up, in all.
--
-- Who may do what, and why
--   Only the operator reads it. The sender's functions write; the service asks wakeup_state for the numbers.
--
-- rows belong to: nobody
-- columns: singleton boolean, queued bigint, sent bigint, retried bigint, dead bigint, set_aside bigint
-- triggers: none
-- sample: none
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table private.wakeup_totals enable row level security;
alter table private.wakeup_totals force row level security;

revoke all on table private.wakeup_totals from public, anon, authenticated, service_role;
