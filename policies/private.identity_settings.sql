-- private.identity_settings: one row, what an operator may set about access tokens.
--
-- Who may do what, and why
--   Only the operator reads and changes it; the access token hook reads it as its owner.
--
-- rows belong to: nobody
-- columns: singleton boolean, audience text
-- triggers: none
-- sample: none
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table private.identity_settings enable row level security;
alter table private.identity_settings force row level security;

revoke all on table private.identity_settings from public, anon, authenticated, service_role;
