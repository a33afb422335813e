-- Supabase's roles with the privileges of a hosted project. Run once by supabase_admin, the bootstrap superuser.
-- The superuser's power stops here: `postgres`, which runs the migrations, has no more than on a hosted project.

create role postgres nosuperuser createdb createrole replication bypassrls login;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
create role supabase_auth_admin login noinherit;

grant anon to authenticator;
grant authenticated to authenticator;
grant service_role to authenticator;

-- Of supabase_auth_admin `postgres` is no member: projects have taken that back since 2025.
-- From Postgres 16 on, granting a role onward needs its ADMIN option, CREATEROLE is not enough.
do $$
begin
  if current_setting('server_version_num')::integer >= 160000 then
    execute 'grant anon, authenticated, service_role to postgres with admin option';
  else
    execute 'grant anon, authenticated, service_role to postgres';
  end if;
end
$$;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role postgres set search_path = "$user", public, extensions; -- noqa: RF06
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
