-- The schemas: who may look into them, and what new objects give to whom.
--
-- Who may do what, and why
--   public is what Supabase's REST layer exposes. That a role may look into it gives it nothing: each object has its own
--   grants. Nobody but the owner makes objects in either schema.
--   private holds helpers, counters and the epoch. Users need to look into it, since policies and functions that run as
--   the caller use helpers there; the REST layer does not expose it (supabase/config.toml, api.schemas).
--   New tables in public give nothing to anybody. New functions in private are not executable by everyone, as Postgres
--   would have it; in public each migration revokes it itself, since hosted projects have default privileges of their own.
--
-- | schema  | usage                       |
-- |---------|-----------------------------|
-- | public  | everyone                    |
-- | private | every user, medtime_service |

grant usage on schema public to supabase_auth_admin;

revoke all on schema private from public;
grant usage on schema private to authenticated, medtime_service;

alter default privileges in schema private revoke execute on functions from public;
