-- POST /sync/push as one function: lock, check all, then write all or nothing. Callable through RPC too.
create function private.push_faults(
  ids uuid[], entity_types text[], base_versions integer[], blobs bytea[], checksums text[], deleted boolean[]
)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_agg(jsonb_build_object('id', f.id, 'index', f.place - 1, 'reason', f.reason) order by f.place)
  from (
    select
      p.id,
      p.place,
      case
        when p.id is null or p.entity_type is null or p.blob is null or p.checksum is null or p.deleted is null
          then 'missing-field'
        when p.base_version is null then 'missing-precondition'
        when p.base_version not between 0 and 2147483646 then 'malformed-precondition'
        when p.entity_type !~ '^[a-z][a-z0-9_]{0,39}$' then 'invalid-entity-field'
        when count(*) over (partition by p.id) > 1 then 'duplicate-id'
        else private.content_fault(p.blob, p.checksum, p.deleted)
      end as reason
    from unnest(ids, entity_types, base_versions, blobs, checksums, deleted)
      with ordinality as p (id, entity_type, base_version, blob, checksum, deleted, place)
  ) as f
  where f.reason is not null
$$;
comment on function private.push_faults(uuid[], text[], integer[], bytea[], text[], boolean[]) is 'Every entity of a push that is refused before looking at what is stored: [{id, index, reason}], null when none is.';
revoke all on function private.push_faults(uuid[], text[], integer[], bytea[], text[], boolean[])
from public, anon, authenticated, service_role;
grant execute on function private.push_faults(uuid[], text[], integer[], bytea[], text[], boolean[]) to authenticated;

create function public.srv_push(
  device_id text, ids uuid[], entity_types text[], base_versions integer[], blobs bytea[], checksums text[],
  deleted boolean[], known_epoch uuid default null, known_clock jsonb default null, known_purges bigint default null
)
returns table (id uuid, version integer, client_seq bigint, sync_version bigint, epoch uuid)
language plpgsql
set search_path = pg_catalog, pg_temp
-- Sessions live long and keep plans, and most accounts are small: no plan may read a whole account at once.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_material = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
#variable_conflict use_column
declare
  caller constant uuid := auth.uid();
  amount constant integer := coalesce(cardinality(ids), 0);
  sizes constant integer[] := array(select octet_length(unnest(blobs)));
  faults jsonb;
  fates text[];
  places integer[];
  rows tid[];
  seen jsonb;
  growth bigint;
  writes integer;
  written integer := 0;
  added integer;
begin
  if coalesce(srv_push.device_id, '') !~ '^[A-Za-z0-9._:-]{1,64}$' then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "device_id"}');
  end if;
  if amount not between 1 and 100 or (
    cardinality(entity_types), cardinality(base_versions), cardinality(blobs), cardinality(checksums), cardinality(deleted)
  ) is distinct from (amount, amount, amount, amount, amount) then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "entities"}');
  end if;
  faults := private.push_faults(ids, entity_types, base_versions, blobs, checksums, deleted);
  if faults is not null then
    perform private.raise_problem('MT422', 'invalid-entities', jsonb_build_object('entities', faults));
  end if;

  perform private.begin_write();

  -- After a restore, versions are given again: those that this device knows may be somebody else's by now.
  if srv_push.known_epoch <> (select p.epoch from private.epoch as p) then
    perform private.raise_problem('MT410', 'resync-required', '{"reason": "epoch"}');
  end if;
  -- Who has missed a purged deletion could make again what others have deleted.
  if srv_push.known_clock is not null
    and not private.covers_horizon(caller, srv_push.known_clock, srv_push.known_purges) then
    perform private.raise_problem('MT410', 'resync-required', '{"reason": "purged"}');
  end if;

  -- What becomes of each entity. Nothing can change between here and the commit: the owner's lock is held.
  select
    array_agg(j.fate order by j.place),
    array_agg(j.writes order by j.place),
    array_agg(j.ctid order by j.place),
    jsonb_agg(jsonb_build_object(
      'id', j.id, 'reason', j.fate, 'base_version', j.base_version, 'server_version', j.version,
      'server_checksum', j.checksum, 'deleted', j.deleted_at is not null, 'updated_at', j.updated_at,
      'client_id', j.client_id
    ) order by j.place) filter (where j.fate not in ('insert', 'update', 'retry', 'identity-changed')),
    sum(j.size - coalesce(j.blob_size, 0)) filter (where j.fate in ('insert', 'update'))
  into fates, places, rows, seen, growth
  from (
    select *, count(*) filter (where k.fate in ('insert', 'update')) over (order by k.place) as writes
    from (
      select
        p.place, p.id, p.base_version, p.size, e.ctid, e.version, e.checksum, e.deleted_at, e.updated_at, e.client_id,
        e.blob_size,
        case
          when e.id is null and p.base_version = 0 then 'insert'
          when e.id is null then 'unknown'
          when p.entity_type <> e.entity_type then 'identity-changed'
          when p.base_version = e.version then 'update'
          when p.base_version > e.version then 'ahead'
          when p.base_version = e.version - 1 and e.client_id = srv_push.device_id
            and e.checksum = p.checksum and (e.deleted_at is not null) = p.deleted then 'retry'
          when e.deleted_at is not null then 'deleted'
          when p.base_version = 0 then 'exists'
          else 'stale'
        end as fate
      from unnest(ids, entity_types, base_versions, checksums, deleted, sizes)
        with ordinality as p (id, entity_type, base_version, checksum, deleted, size, place)
      -- Lateral with a limit: one lookup by primary key each, whatever the statistics say.
      left join lateral (
        select e.id, e.ctid, e.entity_type, e.version, e.checksum, e.deleted_at, e.updated_at, e.client_id, e.blob_size
        from public.srv_encrypted_entities as e
        where e.user_id = caller and e.id = p.id
        limit 1
      ) as e on true
    ) as k
  ) as j;

  if 'identity-changed' = any(fates) then
    perform private.raise_problem('MT422', 'invalid-entities', jsonb_build_object('entities', (
      select jsonb_agg(jsonb_build_object('id', ids[f.place], 'index', f.place - 1, 'reason', f.fate) order by f.place)
      from unnest(fates) with ordinality as f (fate, place)
      where f.fate = 'identity-changed'
    )));
  end if;
  if seen is not null then
    perform private.raise_problem('MT409', 'version-conflict', jsonb_build_object('conflicts', seen));
  end if;

  writes := places[amount];
  if writes > 0 then
    perform private.keep_own_quota(growth);
    perform private.reserve_own_dots(srv_push.device_id, writes);

    -- Updates and deletions first: what they free is there for what is added.
    if 'update' = any(fates) then
      update public.srv_encrypted_entities as e
      set
        encrypted_blob = p.blob, checksum = p.checksum, version = e.version + 1,
        deleted_at = case when p.deleted then now() end, client_id = srv_push.device_id, client_seq = -p.place
      from unnest(rows, ids, blobs, checksums, deleted, fates, places)
        as p (row, id, blob, checksum, deleted, fate, place)
      -- The rows cannot have moved since they were judged: the lock is held.
      where p.fate = 'update' and e.ctid = p.row and e.user_id = caller and e.id = p.id;
      get diagnostics written = row_count;
    end if;
    if written < writes then
      insert into public.srv_encrypted_entities
        (id, user_id, entity_type, encrypted_blob, version, deleted_at, client_id, client_seq, checksum)
      select p.id, caller, p.entity_type, p.blob, 1, case when p.deleted then now() end, srv_push.device_id, -p.place, p.checksum
      from unnest(ids, entity_types, blobs, checksums, deleted, fates, places)
        as p (id, entity_type, blob, checksum, deleted, fate, place)
      where p.fate = 'insert';
      get diagnostics added = row_count;
      written := written + added;
    end if;
    if written <> writes then
      raise exception 'a push of % entities wrote %: a policy or trigger hides rows from their owner', writes, written;
    end if;
  end if;

  return query
  select e.id, e.version, e.client_seq, d.sync_version, h.epoch
  from unnest(ids) with ordinality as p (id, place)
  cross join lateral (
    select e.id, e.version, e.client_seq
    from public.srv_encrypted_entities as e
    where e.user_id = caller and e.id = p.id
    limit 1
  ) as e
  cross join private.epoch as h
  left join public.srv_sync_status as d on d.user_id = caller and d.device_id = srv_push.device_id
  order by p.place;
end
$$;
comment on function public.srv_push(text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint) is 'Writes 1 to 100 entities of the caller, all or none, and returns their versions and dots, the device''s counter and the epoch. A base version of 0 means new. A retry of the same bytes by the same device is answered alike and writes nothing. With the epoch and clock this device knows, a push from before a restore, or of a device that has missed a purged deletion, is refused. Raises version-conflict (MT409), invalid-entities (MT422), invalid-field (MT400), resync-required (MT410), too-many-devices and quota-exceeded (MT403), unknown-user (MT401).';
revoke all on function
public.srv_push(text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint)
from public, anon, authenticated, service_role;
grant execute on function
public.srv_push(text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint)
to authenticated;
