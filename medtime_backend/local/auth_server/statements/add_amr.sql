insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
values ($1, $2, $3, now(), now())
