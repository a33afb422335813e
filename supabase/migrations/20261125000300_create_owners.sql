-- One row per owner: the lock that orders writes, the horizon, and the numbers reserved for the running write.
create table private.owners (
  user_id uuid primary key references auth.users (id) on delete cascade,
  changed_at timestamptz not null default '-infinity',
  horizon jsonb not null default '{}' check (jsonb_typeof(horizon) = 'object'),
  purges bigint not null default 0,
  purged_until timestamptz not null default '-infinity',
  reserved_by xid8,
  reserved_device text,
  reserved_before bigint,
  reserved_count integer,
  reserved_from timestamptz,
  reserved_size bigint
);
comment on table private.owners is 'The row whose lock orders all writes of an owner: it is held to commit, so dots are given in commit order.';
comment on column private.owners.user_id is 'The owner.';
comment on column private.owners.changed_at is 'The newest updated_at given; the next one is above it even when the clock steps back.';
comment on column private.owners.horizon is 'Device -> highest client_seq among purged tombstones.';
comment on column private.owners.purges is 'How often tombstones were purged: a first pull notes it, since its clock cannot cover the horizon yet.';
comment on column private.owners.purged_until is 'The newest updated_at among purged tombstones: from then on, a moment covers the horizon.';
comment on column private.owners.reserved_by is 'The transaction whose dots are reserved; any other value means none.';
comment on column private.owners.reserved_device is 'The device for which they are reserved.';
comment on column private.owners.reserved_before is 'The device''s counter before them.';
comment on column private.owners.reserved_count is 'How many are reserved.';
comment on column private.owners.reserved_from is 'The updated_at before the first of them.';
comment on column private.owners.reserved_size is 'Bytes stored before that transaction''s first write.';

-- Entities and bytes are counted as they change: a status answer must not grow with the account.
create table private.owner_totals (
  user_id uuid not null references auth.users (id) on delete cascade,
  entity_type text not null,
  entities bigint not null default 0,
  tombstones bigint not null default 0,
  bytes bigint not null default 0,
  digest bit(256) not null default (repeat('0', 256)::bit(256)),
  primary key (user_id, entity_type)
);
comment on table private.owner_totals is 'Per owner and entity type: counts, bytes and the integrity digest, kept by triggers.';
comment on column private.owner_totals.user_id is 'The owner.';
comment on column private.owner_totals.entity_type is 'The type.';
comment on column private.owner_totals.entities is 'Live entities.';
comment on column private.owner_totals.tombstones is 'Tombstones not purged yet.';
comment on column private.owner_totals.bytes is 'Bytes of ciphertext stored.';
comment on column private.owner_totals.digest is 'XOR of sha256(id:version:checksum) over the live entities.';

alter table private.owners enable row level security;
alter table private.owners force row level security;
alter table private.owner_totals enable row level security;
alter table private.owner_totals force row level security;
revoke all on table private.owners, private.owner_totals from public, anon, authenticated, service_role;
grant select (user_id, horizon, purges, purged_until) on table private.owners to authenticated;
grant select on table private.owner_totals to authenticated;

create policy "owner and caregivers may read the horizon" on private.owners for select to authenticated
using (user_id = (select auth.uid()) or user_id in (select private.readable_owners()));
create policy "owner and caregivers may read the totals" on private.owner_totals for select to authenticated
using (user_id = (select auth.uid()) or user_id in (select private.readable_owners()));

create function private.lock_owner(owner uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The user's row first: deleting a user locks it and then our rows, so the other order could deadlock.
  perform from auth.users as u where u.id = owner for key share;
  if not found then
    perform private.raise_problem('MT401', 'unknown-user');
  end if;
  perform from private.owners as o where o.user_id = owner for no key update;
  if not found then
    insert into private.owners (user_id) values (owner) on conflict do nothing;
    perform from private.owners as o where o.user_id = owner for no key update;
  end if;
end
$$;
comment on function private.lock_owner(uuid) is 'Takes the owner''s lock and holds it to commit; makes the owner''s row if needed. Raises unknown-user (MT401) for a user that is gone.';
revoke all on function private.lock_owner(uuid) from public, anon, authenticated, service_role;

create function private.covers_horizon(owner uuid, clock jsonb, purges bigint)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- A first pull has seen nothing that was purged before it began: only a purge since then matters to it.
  select not exists (
    select
    from private.owners as o
    cross join jsonb_each_text(o.horizon) as h
    where
      o.user_id = owner
      and o.purges is distinct from covers_horizon.purges
      and coalesce((clock ->> h.key)::bigint, 0) < h.value::bigint
  )
$$;
comment on function private.covers_horizon(uuid, jsonb, bigint) is 'Whether a clock ({device: client_seq}) has missed no purged deletion; purges is what a first pull under way has noted.';
revoke all on function private.covers_horizon(uuid, jsonb, bigint) from public, anon, authenticated, service_role;
grant execute on function private.covers_horizon(uuid, jsonb, bigint) to authenticated;
