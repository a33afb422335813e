-- private.owner_totals: per owner and entity type, counts, bytes and the integrity digest.
--
-- Who may do what, and why
--   Owner and active caregivers read, since srv_status runs as the caller. Only triggers write.
--
-- rows belong to: user_id
-- columns: user_id uuid, entity_type text, entities bigint, tombstones bigint, bytes bigint, digest bit(256)
-- triggers: none
-- sample: insert into private.owner_totals (user_id, entity_type) values ($1, 'audit_sample')
--
-- | persona             | select      | insert | update | delete | truncate |
-- |---------------------|-------------|--------|--------|--------|----------|
-- | every user          | own         | -      | -      | -      | -        |
-- | caregiver active    | own, shared | -      | -      | -      | -        |
-- | caregiver elsewhere | own, shared | -      | -      | -      | -        |

alter table private.owner_totals enable row level security;
alter table private.owner_totals force row level security;

revoke all on table private.owner_totals from public, anon, authenticated, service_role;
grant select on table private.owner_totals to authenticated;

create policy "owner and caregivers may read the totals" on private.owner_totals for select to authenticated
using (user_id = (select auth.uid()) or user_id in (select private.readable_owners()));
