-- The schemas: who may look into them, and what new objects give to whom.
--
-- Who may do what, and why
--   public is what Supabase's REST layer exposes. That a role may look into it gives it nothing: each object has its own
--   grants. Nobody but the owner makes objects in either schema.
--   private holds helpers, counters and the epoch. Users need to look into it, since policies and functions that run as
--   the caller use helpers there; the REST layer does not expose it (supabase/config.toml, api.schemas).
--   New tables give nothing to anybody, and new functions are not executable by everyone, as Postgres would have it. Each
--   migration revokes all the same, since older hosted projects have default privileges that grant everything.
--
-- | schema  | usage                       |
-- |---------|-----------------------------|
-- | public  | everyone                    |
-- | private | every user, medtime_service |

grant usage on schema public to supabase_auth_admin;

revoke all on schema private from public;
grant usage on schema private to authenticated, medtime_service;

alter default privileges revoke execute on functions from public;
