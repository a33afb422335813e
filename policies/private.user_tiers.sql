-- private.user_tiers: the tier of each user who is not on the free one by default.
--
-- Who may do what, and why
--   Only the operator or the billing reads and changes it (medtime users tier): a user who could would choose the best.
--
-- rows belong to: user_id
-- columns: user_id uuid, tier text, changed_at timestamptz
-- triggers: none
-- sample: insert into private.user_tiers (user_id, tier) values ($1, 'pro')
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table private.user_tiers enable row level security;
alter table private.user_tiers force row level security;

revoke all on table private.user_tiers from public, anon, authenticated, service_role;
