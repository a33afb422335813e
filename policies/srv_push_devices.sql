-- srv_push_devices: where a device can be woken.
--
-- Who may do what, and why
--   Nobody through the API, not even the user: with a push token one can reach a phone, and the app that registered it
--   knows its own. Only our functions read and write.
--
-- rows belong to: user_id
-- columns: user_id uuid, device_id text, platform text, environment text, token text, last_used_at timestamptz,
--   woken_at timestamptz
-- triggers: none
-- sample: insert into public.srv_push_devices (user_id, device_id, platform, token)
--   values ($1, 'audit-' || left(($1::uuid)::text, 8), 'fcm', 'audit-token-' || ($1::uuid)::text)
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table public.srv_push_devices enable row level security;
alter table public.srv_push_devices force row level security;

revoke all on table public.srv_push_devices from public, anon, authenticated, service_role;
