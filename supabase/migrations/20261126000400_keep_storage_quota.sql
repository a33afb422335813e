-- No write may take an owner above the storage of their tier. What makes an account smaller, or leaves its size, is
-- always allowed, also above the quota (a smaller tier, a smaller quota): deletions, tombstones, purges, shorter blobs.
create function private.raise_if_above_quota(owner uuid, stored bigint, growth bigint)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  quota bigint;
begin
  if growth > 0 then
    quota := private.quota_of(owner);
    if stored + growth > quota then
      perform private.raise_problem('MT403', 'quota-exceeded', jsonb_build_object(
        'quota_bytes', quota, 'used_bytes', stored, 'needed_bytes', growth
      ));
    end if;
  end if;
end
$$;
comment on function private.raise_if_above_quota(uuid, bigint, bigint) is 'Refuses to add growth bytes to the stored ones of an owner, above the quota. Raises quota-exceeded (MT403).';
revoke all on function private.raise_if_above_quota(uuid, bigint, bigint)
from public, anon, authenticated, service_role;

create function private.stored_bytes(owner uuid)
returns bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(sum(t.bytes), 0)::bigint from private.owner_totals as t where t.user_id = stored_bytes.owner
$$;
comment on function private.stored_bytes(uuid) is 'Bytes of ciphertext of an owner, from at most 64 totals. Called by our definer functions only.';
revoke all on function private.stored_bytes(uuid) from public, anon, authenticated, service_role;

-- A push is refused before anything of it is written: 100 MB that are written and rolled back cost as much as if kept.
create function private.keep_own_quota(growth bigint)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select private.raise_if_above_quota(auth.uid(), private.stored_bytes(auth.uid()), keep_own_quota.growth)
$$;
comment on function private.keep_own_quota(bigint) is 'Refuses a push of the caller that would grow the account by so many bytes above its quota; the caller''s lock must be held. Raises quota-exceeded (MT403).';
revoke all on function private.keep_own_quota(bigint) from public, anon, authenticated, service_role;
grant execute on function private.keep_own_quota(bigint) to authenticated;

-- Every way to write is held to it by statement. What the transaction has freed before counts, so that a push which
-- makes an account smaller passes, whatever it adds.
create function private.keep_quota()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.raise_if_above_quota(
    o.user_id, o.reserved_size, private.stored_bytes(o.user_id) - o.reserved_size
  )
  from private.owners as o
  where o.user_id in (select a.user_id from added as a);
  return null;
end
$$;
comment on function private.keep_quota() is 'After a statement that writes entities: holds their owners to the quota, against what was stored before the transaction''s first write. Raises quota-exceeded (MT403).';
revoke all on function private.keep_quota() from public, anon, authenticated, service_role;

-- Named to run after the triggers that count: those of one event run in the order of their names.
create trigger keep_quota_of_inserted after insert on public.srv_encrypted_entities
referencing new table as added
for each statement execute function private.keep_quota();
create trigger keep_quota_of_updated after update on public.srv_encrypted_entities
referencing new table as added
for each statement execute function private.keep_quota();
