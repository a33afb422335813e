-- Who may use and fill which schema, as on a hosted project. There are no default privileges in public: current
-- projects grant nothing on new tables (legacy_default_privileges.sql has the older way).

alter database postgres owner to postgres;

create schema extensions;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to postgres;

grant usage on schema public to anon, authenticated, service_role;

create schema auth authorization supabase_auth_admin;
grant usage on schema auth to postgres, anon, authenticated, service_role;
grant create on database postgres to supabase_auth_admin;
