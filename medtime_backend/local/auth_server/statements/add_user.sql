-- Gives no row if somebody has the e-mail address.
insert into auth.users (
  instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token, recovery_token,
  email_change_token_new, email_change, raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
values (
  '00000000-0000-0000-0000-000000000000', $1, 'authenticated', 'authenticated', lower($2), $3,
  case when $4 then now() end, '', '', '', '', $5::jsonb, $6::jsonb, now(), now()
)
on conflict (email) where not is_sso_user do nothing
returning id
