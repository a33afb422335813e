-- srv_sync_status: the devices of a user, when each last synced, and its counter.
--
-- Who may do what, and why
--   Owner and active caregivers read, so that an app can show which device is behind.
--   Only our functions write: a counter that a client could set would give a dot twice. service_role has nothing.
--
-- rows belong to: user_id
-- columns: id uuid, user_id uuid, device_id text, last_sync_at timestamptz, sync_version bigint
-- triggers: keep_device
-- sample: insert into public.srv_sync_status (user_id, device_id, sync_version)
--   values ($1, 'audit-' || left(($1::uuid)::text, 8) || '-tablet', 7)
--
-- | persona             | select      | insert | update | delete | truncate |
-- |---------------------|-------------|--------|--------|--------|----------|
-- | every user          | own         | -      | -      | -      | -        |
-- | caregiver active    | own, shared | -      | -      | -      | -        |
-- | caregiver elsewhere | own, shared | -      | -      | -      | -        |

alter table public.srv_sync_status enable row level security;
alter table public.srv_sync_status force row level security;

revoke all on table public.srv_sync_status from public, anon, authenticated, service_role;
grant select on table public.srv_sync_status to authenticated;

create policy "owner and caregivers may read the sync status" on public.srv_sync_status for select to authenticated
using (user_id = (select auth.uid()) or user_id in (select private.readable_owners()));
