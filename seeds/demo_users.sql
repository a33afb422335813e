-- Two users one can sign in as, as Supabase Auth writes them. Runs as supabase_auth_admin; can be repeated.
-- The bcrypt hash of their password comes in as the setting medtime.demo_password_hash.

with demo (id, email, name) as (
  values
  ('a0a0a0a0-0000-4000-8000-000000000001'::uuid, 'ana@demo.medtime.app', 'Ana'),
  ('b0b0b0b0-0000-4000-8000-000000000002'::uuid, 'luis@demo.medtime.app', 'Luis')
)

insert into auth.users (
  instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token, recovery_token,
  email_change_token_new, email_change, raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
select
  '00000000-0000-0000-0000-000000000000',
  demo.id,
  'authenticated',
  'authenticated',
  demo.email,
  current_setting('medtime.demo_password_hash'),
  now(),
  '',
  '',
  '',
  '',
  '{"provider": "email", "providers": ["email"]}',
  jsonb_build_object('name', demo.name, 'email_verified', true),
  now(),
  now()
from demo
on conflict (id) do nothing;

insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
select
  users.id::text,
  users.id,
  jsonb_build_object(
    'sub', users.id, 'email', users.email, 'email_verified', true, 'phone_verified', false
  ),
  'email',
  now(),
  now()
from auth.users as users
where users.email in ('ana@demo.medtime.app', 'luis@demo.medtime.app')
on conflict (provider_id, provider) do nothing;
