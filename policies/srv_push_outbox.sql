-- srv_push_outbox: the devices that are to be woken: who and when, never why.
--
-- Who may do what, and why
--   Nobody through the API: it would tell when another device or a caregiver writes. Only our functions read and write.
--
-- rows belong to: user_id
-- columns: user_id uuid, device_id text, queued_at timestamptz, due_at timestamptz, ticket uuid,
--   leased_until timestamptz, again boolean, attempts integer, set_aside_at timestamptz
-- triggers: none
-- sample: insert into public.srv_push_outbox (user_id, device_id) values ($1, 'audit-' || left(($1::uuid)::text, 8))
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table public.srv_push_outbox enable row level security;
alter table public.srv_push_outbox force row level security;

revoke all on table public.srv_push_outbox from public, anon, authenticated, service_role;
