-- One row per device of a user: when it last synced, and its counter (the second half of a dot).
create table public.srv_sync_status (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  device_id text not null,
  last_sync_at timestamptz not null default now(),
  sync_version bigint not null default 0 check (sync_version >= 0),
  constraint one_row_per_device unique (user_id, device_id),
  constraint device_id_is_a_name check (device_id ~ '^[A-Za-z0-9._:-]{1,64}$')
);
comment on table public.srv_sync_status is 'The devices of a user: last sync and counter. Written by our functions only.';
comment on column public.srv_sync_status.id is 'Names the row.';
comment on column public.srv_sync_status.user_id is 'Whose device it is.';
comment on column public.srv_sync_status.device_id is 'The installation of the app, as it names itself.';
comment on column public.srv_sync_status.last_sync_at is 'Last push, or last pull to the minute.';
comment on column public.srv_sync_status.sync_version is 'The device''s counter: the client_seq of its newest write.';

alter table public.srv_sync_status enable row level security;
alter table public.srv_sync_status force row level security;
revoke all on table public.srv_sync_status from public, anon, authenticated, service_role;
grant select on table public.srv_sync_status to authenticated;

create policy "owner and caregivers may read the sync status" on public.srv_sync_status for select to authenticated
using (user_id = (select auth.uid()) or user_id in (select private.readable_owners()));

-- A device's row is its counter: without it, dots would be given twice and its entities be in no pull.
create function private.keep_device()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if old.sync_version > 0 and exists (select from auth.users as u where u.id = old.user_id) then
    raise exception 'the row of a device cannot be deleted: it holds the device''s counter'
      using hint = 'Rows of a deleted user go by themselves.';
  end if;
  return old;
end
$$;
comment on function private.keep_device() is 'Before a delete: refuses it for a device that has written, while the user exists.';
revoke all on function private.keep_device() from public, anon, authenticated, service_role;

create trigger keep_device before delete on public.srv_sync_status
for each row execute function private.keep_device();

create function private.max_devices()
returns integer
language sql
immutable
set search_path = pg_catalog, pg_temp
return 128;
comment on function private.max_devices() is 'Devices per user: bounds a clock''s size and what a pull looks at.';
revoke all on function private.max_devices() from public, anon, authenticated, service_role;
grant execute on function private.max_devices() to authenticated;

create function private.touch_device(device text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  seen timestamptz;
begin
  select s.last_sync_at into seen
  from public.srv_sync_status as s
  where s.user_id = auth.uid() and s.device_id = device;
  -- To the minute: otherwise each pull would be a write.
  if seen > clock_timestamp() - interval '1 minute' then
    return;
  end if;
  if found then
    update public.srv_sync_status as s set last_sync_at = clock_timestamp()
    where s.user_id = auth.uid() and s.device_id = device;
  else
    -- The user's row first, as a deletion of the user takes it. Not the owner's lock: a pull waits for no writer.
    perform from auth.users as u where u.id = auth.uid() for key share;
    if not found then
      perform private.raise_problem('MT401', 'unknown-user');
    end if;
    -- Devices that only pull hold no counter: beyond the limit the one longest away makes room.
    delete from public.srv_sync_status as s
    where s.user_id = auth.uid() and s.sync_version = 0 and s.id in (
      select o.id from public.srv_sync_status as o
      where o.user_id = auth.uid() and o.sync_version = 0
      order by o.last_sync_at desc
      offset private.max_devices() - 1
    );
    insert into public.srv_sync_status (user_id, device_id) values (auth.uid(), device) on conflict do nothing;
  end if;
end
$$;
comment on function private.touch_device(text) is 'Notes that a device of the caller has pulled. Of devices that never wrote, only the latest are kept.';
revoke all on function private.touch_device(text) from public, anon, authenticated, service_role;
grant execute on function private.touch_device(text) to authenticated;

create function private.reserve_dots(owner uuid, device text, amount integer)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  counter bigint;
  started timestamptz;
begin
  update public.srv_sync_status as s
  set sync_version = s.sync_version + amount, last_sync_at = clock_timestamp()
  where s.user_id = owner and s.device_id = device and s.sync_version > 0
  returning s.sync_version into counter;
  if not found then
    if private.max_devices() <= (
      select count(*) from public.srv_sync_status as s where s.user_id = owner and s.sync_version > 0
    ) then
      perform private.raise_problem('MT403', 'too-many-devices', jsonb_build_object('limit', private.max_devices()));
    end if;
    -- A pull may have noted the device, or do so at this moment, without the owner's lock.
    insert into public.srv_sync_status as s (user_id, device_id, last_sync_at, sync_version)
    values (owner, device, clock_timestamp(), amount)
    on conflict on constraint one_row_per_device
    do update set sync_version = s.sync_version + amount, last_sync_at = excluded.last_sync_at
    returning s.sync_version into counter;
  end if;
  select greatest(clock_timestamp(), o.changed_at) into started from private.owners as o where o.user_id = owner;
  update private.owners as o
  set
    reserved_by = pg_current_xact_id(),
    reserved_device = device,
    reserved_before = counter - amount,
    reserved_count = amount,
    reserved_from = started,
    reserved_size = case
      when o.reserved_by = pg_current_xact_id() then o.reserved_size
      else (select coalesce(sum(t.bytes), 0) from private.owner_totals as t where t.user_id = owner)
    end,
    changed_at = started + amount * interval '1 microsecond'
  where o.user_id = owner;
end
$$;
comment on function private.reserve_dots(uuid, text, integer) is 'Raises the device''s counter by amount and reserves these dots, and as many microseconds of updated_at, for this transaction. The owner''s lock must be held. Raises too-many-devices (MT403).';
revoke all on function private.reserve_dots(uuid, text, integer) from public, anon, authenticated, service_role;

create function private.begin_write()
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select private.lock_owner(auth.uid())
$$;
comment on function private.begin_write() is 'Takes the caller''s own lock, to commit.';
revoke all on function private.begin_write() from public, anon, authenticated, service_role;
grant execute on function private.begin_write() to authenticated;

create function private.reserve_own_dots(device text, amount integer)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select private.reserve_dots(auth.uid(), device, amount)
$$;
comment on function private.reserve_own_dots(text, integer) is 'private.reserve_dots for the caller, after private.begin_write.';
revoke all on function private.reserve_own_dots(text, integer) from public, anon, authenticated, service_role;
grant execute on function private.reserve_own_dots(text, integer) to authenticated;
