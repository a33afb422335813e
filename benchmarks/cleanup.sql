-- Rows that are over, written as the triggers would have written them. For benchmarks/cleanup.py, with triggers off.
create function pg_temp.add_owners(amount integer)
returns uuid[]
language sql
as $$
  with users as (
    insert into auth.users (id, email)
    select gen_random_uuid(), gen_random_uuid() || '@bench.medtime.app' from generate_series(1, amount)
    returning id
  ),
  owners as (
    insert into private.owners (user_id) select id from users returning user_id
  )
  select array_agg(user_id) from owners
$$;

create function pg_temp.add_tombstones(owners uuid[], amount integer)
returns void
language sql
as $$
  insert into public.srv_encrypted_entities (
    id, user_id, entity_type, encrypted_blob, version, created_at, updated_at, deleted_at, client_id, client_seq,
    blob_size, checksum
  )
  select
    gen_random_uuid(), o.id, 'note', '', 2, t.at, t.at, t.at, 'old', n, 0, encode(sha256(''), 'hex')
  from generate_series(1, amount) as n
  cross join unnest(owners) with ordinality as o (id, place)
  cross join lateral (
    select now() - interval '40 days' + (n * cardinality(owners) + o.place) * interval '1 microsecond' as at
  ) as t;
  insert into public.srv_sync_status (user_id, device_id, sync_version) select id, 'old', amount from unnest(owners) as id;
  insert into private.owner_totals as t (user_id, entity_type, tombstones) select id, 'note', amount from unnest(owners) as id
  on conflict (user_id, entity_type) do update set tombstones = t.tombstones + excluded.tombstones
$$;

create function pg_temp.add_requests(owners uuid[], amount integer)
returns void
language sql
as $$
  insert into public.srv_ocr_requests (user_id, status, created_at)
  select owners[1 + n % cardinality(owners)], 'done', now() - interval '40 days' + n * interval '1 microsecond'
  from generate_series(1, amount) as n
$$;

create function pg_temp.add_links(owners uuid[], amount integer)
returns void
language sql
as $$
  insert into public.srv_family_links (supervised_user_id, status, updated_at)
  select owners[1 + n % cardinality(owners)], 'revoked', now() - interval '40 days' + n * interval '1 microsecond'
  from generate_series(1, amount) as n
$$;
