-- private.wakeup_settings: how wake-ups are sent: the coalescing window, and how often one is tried.
--
-- Who may do what, and why
--   Only the operator reads and changes it (medtime wakeups set); definer functions look it up.
--
-- rows belong to: nobody
-- columns: singleton boolean, coalescing_window interval, most_attempts integer
-- triggers: none
-- sample: none
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table private.wakeup_settings enable row level security;
alter table private.wakeup_settings force row level security;

revoke all on table private.wakeup_settings from public, anon, authenticated, service_role;
