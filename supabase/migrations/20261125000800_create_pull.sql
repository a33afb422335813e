-- GET /sync/pull as one function: what is news to a clock, oldest change first. Reads only, so a replica can answer.
create function private.clock_at(owner uuid, moment timestamptz)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  device record;
  low bigint;
  high bigint;
  middle bigint;
  later boolean;
  clock jsonb := '{}';
begin
  for device in
    select s.device_id, s.sync_version from public.srv_sync_status as s where s.user_id = owner and s.sync_version > 0
  loop
    -- Within a device both client_seq and updated_at only grow, so the moment is found by halving.
    low := 0;
    high := device.sync_version;
    while low < high loop
      middle := (low + high) / 2 + 1;
      -- Whether everything from this dot on is later than the moment.
      select e.updated_at > moment into later
      from public.srv_encrypted_entities as e
      where e.user_id = owner and e.client_id = device.device_id and e.client_seq >= middle
      order by e.client_seq
      limit 1;
      if coalesce(later, true) then
        high := middle - 1;
      else
        low := middle;
      end if;
    end loop;
    clock := clock || jsonb_build_object(device.device_id, low);
  end loop;
  -- Purged dots leave nothing to find, but a moment after all of them is after each.
  return clock || coalesce((
    select jsonb_object_agg(h.key, greatest(h.value::bigint, coalesce((clock ->> h.key)::bigint, 0)))
    from private.owners as o
    cross join jsonb_each_text(o.horizon) as h
    where o.user_id = owner and o.purged_until <= moment
  ), '{}');
end
$$;
comment on function private.clock_at(uuid, timestamptz) is 'The clock that knows everything of the owner written up to the moment: {device: client_seq}.';
revoke all on function private.clock_at(uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.clock_at(uuid, timestamptz) to authenticated;

create function private.clock_now(owner uuid)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- A device in the horizon alone has no row any more, but a clock must cover it.
  select coalesce(jsonb_object_agg(d.device_id, d.counter), '{}')
  from (
    select k.device_id, max(k.counter) as counter
    from (
      select s.device_id, s.sync_version as counter
      from public.srv_sync_status as s
      where s.user_id = owner and s.sync_version > 0
      union all
      select h.key, h.value::bigint
      from private.owners as o
      cross join jsonb_each_text(o.horizon) as h
      where o.user_id = owner
    ) as k
    group by k.device_id
  ) as d
$$;
comment on function private.clock_now(uuid) is 'The clock that knows everything of the owner: {device: client_seq}.';
revoke all on function private.clock_now(uuid) from public, anon, authenticated, service_role;
grant execute on function private.clock_now(uuid) to authenticated;

create function public.srv_pull(
  owner uuid, epoch uuid, clock jsonb, purges bigint, max_entities integer, max_bytes bigint, only_type text,
  since timestamptz
)
returns table (
  id uuid, entity_type text, version integer, encrypted_blob bytea, blob_size integer, checksum text,
  created_at timestamptz, updated_at timestamptz, deleted_at timestamptz, client_id text, client_seq bigint, page jsonb
)
language plpgsql
stable
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
  current_epoch uuid;
  current_purges bigint;
  known jsonb := srv_pull.clock;
  most_entities constant integer := least(greatest(srv_pull.max_entities, 1), 100);
  most_bytes constant bigint := least(srv_pull.max_bytes, 8388608);
  first_pull constant boolean := srv_pull.clock is null and srv_pull.since is null;
begin
  if not coalesce(private.may_read(srv_pull.owner), false) then
    perform private.raise_problem('MT403', 'not-a-caregiver');
  end if;
  select p.epoch into strict current_epoch from private.epoch as p;
  select o.purges into current_purges from private.owners as o where o.user_id = srv_pull.owner;

  if known is not null and srv_pull.epoch is distinct from current_epoch then
    perform private.raise_problem('MT410', 'resync-required', '{"reason": "epoch"}');
  end if;
  if known is null then
    known := case when first_pull then '{}' else private.clock_at(srv_pull.owner, srv_pull.since) end;
  end if;
  if not first_pull and not private.covers_horizon(srv_pull.owner, known, srv_pull.purges) then
    perform private.raise_problem('MT410', 'resync-required', '{"reason": "purged"}');
  end if;

  return query
  -- Materialized, so that the counter is a plain value: an expression would not be allowed into the index condition,
  -- since policies come before whatever is not leakproof, and each page would read the account from its beginning.
  with news as materialized (
    select s.device_id, coalesce((known ->> s.device_id)::bigint, 0) as counter
    from public.srv_sync_status as s
    where s.user_id = srv_pull.owner and s.sync_version > coalesce((known ->> s.device_id)::bigint, 0)
  ),

  candidates as materialized (
    select c.*
    from news as n
    cross join lateral (
      (
        select e.*
        from public.srv_encrypted_entities as e
        where
          srv_pull.only_type is null
          and e.user_id = srv_pull.owner and e.client_id = n.device_id and e.client_seq > n.counter
        order by e.client_seq
        limit most_entities + 1
      )
      union all
      (
        select e.*
        from public.srv_encrypted_entities as e
        where
          srv_pull.only_type is not null
          and e.user_id = srv_pull.owner and e.entity_type = srv_pull.only_type
          and e.client_id = n.device_id and e.client_seq > n.counter
        order by e.client_seq
        limit most_entities + 1
      )
    ) as c
  ),

  -- updated_at grows with client_seq within a device, so a prefix in this order is one of each device too.
  ranked as (
    select
      c.*,
      row_number() over (order by c.updated_at) as place,
      sum(c.blob_size) over (order by c.updated_at) as bytes
    from candidates as c
  ),

  cut as (
    select r.* from ranked as r
    where r.place <= most_entities and (r.place = 1 or r.bytes <= most_bytes)
  ),

  ending as materialized (
    select (select count(*) from candidates) > (select count(*) from cut) as has_more
  )

  (
    select
      c.id, c.entity_type, c.version, c.encrypted_blob, c.blob_size, c.checksum, c.created_at, c.updated_at,
      c.deleted_at, c.client_id, c.client_seq, null::jsonb
    from cut as c
    order by c.place
  )
  union all
  select
    null, null, null, null, null, null, null, null, null, null, null,
    jsonb_build_object(
      'epoch', current_epoch,
      'has_more', g.has_more,
      'clock', case when g.has_more then known else private.clock_now(srv_pull.owner) end,
      'purges', case
        when g.has_more and (first_pull or srv_pull.purges is not null) then coalesce(current_purges, 0)
      end
    )
  from ending as g;
end
$$;
comment on function public.srv_pull(uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz) is 'A page of what is news to a clock ({device: client_seq}; null from the beginning), oldest change first; the last row has only `page`: {epoch, has_more, clock, purges}. While has_more, the next clock is page.clock raised by the dots of the rows. Raises not-a-caregiver (MT403), resync-required (MT410).';
revoke all on function public.srv_pull(uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.srv_pull(uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz)
to authenticated;
