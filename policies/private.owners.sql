-- private.owners: one row per owner: the lock that orders writes, the horizon, the numbers reserved for a running write.
--
-- Who may do what, and why
--   Owner and active caregivers read the horizon, since srv_pull and srv_push run as the caller and compare clocks with
--   it. The other columns are the business of definer functions. Nobody writes but these.
--
-- rows belong to: user_id
-- columns: user_id uuid, changed_at timestamptz, horizon jsonb, purges bigint, purged_until timestamptz,
--   reserved_by xid8, reserved_device text, reserved_before bigint, reserved_count integer, reserved_from timestamptz,
--   reserved_size bigint
-- triggers: none
-- sample: insert into private.owners (user_id) values ($1) on conflict do nothing
--
-- | persona             | select      | insert | update | delete | truncate |
-- |---------------------|-------------|--------|--------|--------|----------|
-- | every user          | own         | -      | -      | -      | -        |
-- | caregiver active    | own, shared | -      | -      | -      | -        |
-- | caregiver elsewhere | own, shared | -      | -      | -      | -        |

alter table private.owners enable row level security;
alter table private.owners force row level security;

revoke all on table private.owners from public, anon, authenticated, service_role;
grant select (user_id, horizon, purges, purged_until) on table private.owners to authenticated;

create policy "owner and caregivers may read the horizon" on private.owners for select to authenticated
using (user_id = (select auth.uid()) or user_id in (select private.readable_owners()));
