-- Every write goes through this trigger, whether our functions or a phone's own REST call makes it.
create function private.guard_entity()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller constant uuid := auth.uid();
  numbers private.owners;
  next_version constant integer := case tg_op when 'UPDATE' then old.version + 1 else 1 end;
  place integer := 1;
  fault text;
begin
  if tg_op = 'UPDATE' then
    if (new.user_id, new.id, new.entity_type) is distinct from (old.user_id, old.id, old.entity_type) then
      perform private.raise_problem('MT422', 'identity-changed', jsonb_build_object('id', old.id));
    end if;
  elsif new.user_id is null then
    new.user_id := caller;
  end if;
  -- RLS says the same, but only after this trigger: nobody shall take another owner's lock, or learn from it, with
  -- claims that name no user, which users there are.
  if caller is distinct from new.user_id then
    raise insufficient_privilege using message = 'an entity can only be written by its owner';
  end if;
  if new.version is distinct from next_version then
    perform private.raise_problem('MT409', 'version-conflict', jsonb_build_object(
      'conflicts', jsonb_build_array(jsonb_build_object('id', new.id, 'reason', 'stale'))
    ));
  end if;
  fault := private.content_fault(new.encrypted_blob, new.checksum, new.deleted_at is not null);
  if fault is not null then
    -- Said here, since the message of a violated constraint would show the row.
    perform private.raise_problem('MT422', 'invalid-entities', jsonb_build_object(
      'entities', jsonb_build_array(jsonb_build_object('id', new.id, 'index', 0, 'reason', fault))
    ));
  end if;

  select o.* into numbers from private.owners as o where o.user_id = new.user_id;
  -- srv_push reserves all its numbers at once and gives each row its place among them, as a negative client_seq.
  if numbers.reserved_by = pg_current_xact_id() and numbers.reserved_device = new.client_id
    and new.client_seq between -numbers.reserved_count and -1 then
    place := -new.client_seq;
  else
    perform private.lock_owner(new.user_id);
    perform private.reserve_dots(new.user_id, new.client_id, 1);
    select o.* into numbers from private.owners as o where o.user_id = new.user_id;
  end if;

  new.client_seq := numbers.reserved_before + place;
  new.updated_at := numbers.reserved_from + place * interval '1 microsecond';
  new.created_at := case tg_op when 'UPDATE' then old.created_at else new.updated_at end;
  new.deleted_at := case when new.deleted_at is not null then new.updated_at end;
  new.blob_size := octet_length(new.encrypted_blob);
  return new;
end
$$;
comment on function private.guard_entity() is 'Before each write of an entity: keeps identity and version, checks the bytes, gives dot, times and size.';
revoke all on function private.guard_entity() from public, anon, authenticated, service_role;

create trigger guard_entity before insert or update on public.srv_encrypted_entities
for each row execute function private.guard_entity();

-- An UPDATE locks its row before the trigger above can take the owner's lock; a push takes them the other way round.
create function private.lock_before_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if auth.uid() is not null then
    perform private.lock_owner(auth.uid());
  end if;
  return null;
end
$$;
comment on function private.lock_before_update() is 'Before an UPDATE statement: takes the caller''s own lock, ahead of any row''s.';
revoke all on function private.lock_before_update() from public, anon, authenticated, service_role;

create trigger lock_before_update before update on public.srv_encrypted_entities
for each statement execute function private.lock_before_update();

create function private.entity_hash(id uuid, version integer, checksum text)
returns bit(256)
language sql
immutable
set search_path = pg_catalog, pg_temp
return ('x' || encode(sha256(convert_to(id || ':' || version || ':' || checksum, 'UTF8')), 'hex'))::bit(256);
comment on function private.entity_hash(uuid, integer, text) is 'What one live entity adds to the integrity digest of its type (docs/protocol.md).';
revoke all on function private.entity_hash(uuid, integer, text) from public, anon, authenticated, service_role;

create function private.add_totals(owner uuid, type text, live bigint, dead bigint, size bigint, hash bit(256))
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update private.owner_totals as t
  set entities = t.entities + live, tombstones = t.tombstones + dead, bytes = t.bytes + size, digest = t.digest # hash
  where t.user_id = owner and t.entity_type = type;
  if not found and live + dead > 0 then
    if (select count(*) from private.owner_totals as t where t.user_id = owner) >= 64 then
      perform private.raise_problem('MT422', 'too-many-entity-types', jsonb_build_object('limit', 64));
    end if;
    insert into private.owner_totals (user_id, entity_type, entities, tombstones, bytes, digest)
    values (owner, type, live, dead, size, hash);
  end if;
end
$$;
comment on function private.add_totals(uuid, text, bigint, bigint, bigint, bit) is 'Adds a change to the totals of an owner''s entity type. At most 64 types: they bound a status answer. Raises too-many-entity-types (MT422).';
revoke all on function private.add_totals(uuid, text, bigint, bigint, bigint, bit)
from public, anon, authenticated, service_role;

-- Three functions, since a transition table exists only for its own event.
create function private.count_inserted()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.add_totals(
    a.user_id, a.entity_type, count(*) filter (where a.deleted_at is null), count(a.deleted_at), sum(a.blob_size),
    coalesce(
      bit_xor(private.entity_hash(a.id, a.version, a.checksum)) filter (where a.deleted_at is null),
      repeat('0', 256)::bit(256)
    )
  )
  from added as a
  group by a.user_id, a.entity_type;
  return null;
end
$$;
comment on function private.count_inserted() is 'Adds inserted entities to the totals.';
revoke all on function private.count_inserted() from public, anon, authenticated, service_role;

create function private.count_updated()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.add_totals(
    c.user_id, c.entity_type,
    coalesce(sum(c.sign) filter (where c.deleted_at is null), 0),
    coalesce(sum(c.sign) filter (where c.deleted_at is not null), 0),
    sum(c.sign * c.blob_size),
    coalesce(
      bit_xor(private.entity_hash(c.id, c.version, c.checksum)) filter (where c.deleted_at is null),
      repeat('0', 256)::bit(256)
    )
  )
  from (
    select 1 as sign, a.user_id, a.entity_type, a.id, a.version, a.checksum, a.deleted_at, a.blob_size from added as a
    union all
    select -1, r.user_id, r.entity_type, r.id, r.version, r.checksum, r.deleted_at, r.blob_size from removed as r
  ) as c
  group by c.user_id, c.entity_type;
  return null;
end
$$;
comment on function private.count_updated() is 'Moves updated entities within the totals.';
revoke all on function private.count_updated() from public, anon, authenticated, service_role;

create function private.count_deleted()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.add_totals(
    r.user_id, r.entity_type, -count(*) filter (where r.deleted_at is null), -count(r.deleted_at), -sum(r.blob_size),
    coalesce(
      bit_xor(private.entity_hash(r.id, r.version, r.checksum)) filter (where r.deleted_at is null),
      repeat('0', 256)::bit(256)
    )
  )
  from removed as r
  group by r.user_id, r.entity_type;
  return null;
end
$$;
comment on function private.count_deleted() is 'Takes purged entities out of the totals.';
revoke all on function private.count_deleted() from public, anon, authenticated, service_role;

create trigger count_inserted after insert on public.srv_encrypted_entities
referencing new table as added
for each statement execute function private.count_inserted();
create trigger count_updated after update on public.srv_encrypted_entities
referencing old table as removed new table as added
for each statement execute function private.count_updated();
create trigger count_deleted after delete on public.srv_encrypted_entities
referencing old table as removed
for each statement execute function private.count_deleted();
