-- How projects made before Supabase stopped granting everything look: whatever postgres creates in public is open to
-- the API roles. Tests apply it as postgres before the migrations, to prove that these revoke what they must.

alter default privileges for role postgres in schema public
grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
grant all on sequences to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
grant all on functions to anon, authenticated, service_role;
