-- private.wakeup_requests: accounts whose devices are to be woken, and which device made the change.
--
-- Who may do what, and why
--   Nobody through the API: it would tell when another device or a caregiver writes. Triggers write; the sender's
--   function takes.
--
-- rows belong to: user_id
-- columns: id bigint, user_id uuid, by_device text, caregivers_too boolean, requested_at timestamptz
-- triggers: none
-- sample: insert into private.wakeup_requests (user_id, caregivers_too) values ($1, true)
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table private.wakeup_requests enable row level security;
alter table private.wakeup_requests force row level security;

revoke all on table private.wakeup_requests from public, anon, authenticated, service_role;
