-- srv_encrypted_entities: the ciphertext of the users, one row per entity.
--
-- Who may do what, and why
--   An owner reads, adds and changes own entities. A caregiver with an active link reads them, and never writes: nobody
--   but the owner's devices can make ciphertext that the owner's devices can read.
--   Nobody deletes. A deletion is an update to an empty tombstone, so that the other devices learn of it; the purge of
--   old tombstones is a function of the operator. TRUNCATE ignores policies, so nobody has it.
--   Owner, type and id never change, so these columns can be inserted but not updated. Size and times are the server's:
--   they can be neither.
--   service_role has nothing: no part of MedTime needs to read entities for a user who is not asking.
--
-- rows belong to: user_id
-- columns: id uuid, user_id uuid, entity_type text, encrypted_blob bytea, version integer, created_at timestamptz,
--   updated_at timestamptz, deleted_at timestamptz, client_id text, client_seq bigint, blob_size integer, checksum text
-- triggers: count_deleted, count_inserted, count_updated, guard_entity, keep_quota_of_inserted, keep_quota_of_updated,
--   lock_before_update, wake_others_of_inserted, wake_others_of_updated
-- sample: insert into public.srv_encrypted_entities (id, user_id, entity_type, encrypted_blob, checksum, client_id)
--   select gen_random_uuid(), $1, 'audit_sample', b.blob, encode(sha256(b.blob), 'hex'),
--   'audit-' || left(($1::uuid)::text, 8)
--   from (select decode('0101' || repeat('00', 28), 'hex') as blob) as b
--
-- | persona             | select      | insert | update | delete | truncate |
-- |---------------------|-------------|--------|--------|--------|----------|
-- | every user          | own         | own    | own    | -      | -        |
-- | caregiver active    | own, shared | own    | own    | -      | -        |
-- | caregiver elsewhere | own, shared | own    | own    | -      | -        |

alter table public.srv_encrypted_entities enable row level security;
alter table public.srv_encrypted_entities force row level security;

revoke all on table public.srv_encrypted_entities from public, anon, authenticated, service_role;
grant select on table public.srv_encrypted_entities to authenticated;
grant insert (id, user_id, entity_type, encrypted_blob, version, deleted_at, client_id, client_seq, checksum)
on table public.srv_encrypted_entities to authenticated;
grant update (encrypted_blob, version, deleted_at, client_id, client_seq, checksum)
on table public.srv_encrypted_entities to authenticated;

-- users_own_data and family_access in one: two permissive policies for one command would both run for each row.
create policy "owner and caregivers may read" on public.srv_encrypted_entities for select to authenticated
using (user_id = (select auth.uid()) or user_id in (select private.readable_owners()));
create policy "owner may add" on public.srv_encrypted_entities for insert to authenticated
with check (user_id = (select auth.uid()));
create policy "owner may change" on public.srv_encrypted_entities for update to authenticated
using (user_id = (select auth.uid()))
with check (user_id = (select auth.uid()));
