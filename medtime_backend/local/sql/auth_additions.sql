-- What the auth schema got after stacks had been made without it. Runs at each start, so everything is `if not exists`.
-- Auth keeps here how a session was signed in to, for the claim amr of the tokens that a refresh gives.

create table if not exists auth.mfa_amr_claims (
  session_id uuid not null references auth.sessions (id) on delete cascade,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  authentication_method text not null,
  id uuid not null primary key,
  constraint mfa_amr_claims_session_id_authentication_method_pkey unique (session_id, authentication_method)
);
alter table auth.mfa_amr_claims owner to supabase_auth_admin;
alter table auth.mfa_amr_claims enable row level security;
grant all on table auth.mfa_amr_claims to postgres;
grant select on table auth.mfa_amr_claims to postgres with grant option;
