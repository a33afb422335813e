-- private.tiers: what each tier may store.
--
-- Who may do what, and why
--   Only the operator reads and changes it (medtime users quotas); definer functions look a quota up.
--
-- rows belong to: nobody
-- columns: tier text, storage_bytes bigint
-- triggers: none
-- sample: none
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table private.tiers enable row level security;
alter table private.tiers force row level security;

revoke all on table private.tiers from public, anon, authenticated, service_role;
