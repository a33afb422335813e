-- Who is to be woken. A write leaves one small row, "this account changed", in its own transaction; the sender turns it
-- into wake-ups of devices (20261130000300). So a write costs the same for a user with 200 caregivers as for one with a
-- tablet, and owners who share a caregiver touch nothing in common (docs/decisions/0028-*.md).
create table private.wakeup_settings (
  singleton boolean primary key default true check (singleton),
  coalescing_window interval not null default '20 seconds'
  constraint window_is_short check (coalescing_window between '1 second' and '10 minutes'),
  most_attempts integer not null default 8 constraint attempts_are_few check (most_attempts between 1 and 20)
);
comment on table private.wakeup_settings is 'One row: how wake-ups are sent.';
comment on column private.wakeup_settings.singleton is 'Always true: keeps the table at one row.';
comment on column private.wakeup_settings.coalescing_window is 'A device is woken at most once in this time.';
comment on column private.wakeup_settings.most_attempts is 'After so many attempts a wake-up is set aside.';
insert into private.wakeup_settings default values;

create table private.wakeup_requests (
  id bigint generated always as identity primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  by_device text,
  caregivers_too boolean not null,
  requested_at timestamptz not null default clock_timestamp()
);
comment on table private.wakeup_requests is 'Accounts that have changed since their devices were last queued to be woken: a row or two each. In the order of their making.';
comment on column private.wakeup_requests.id is 'Names the row.';
comment on column private.wakeup_requests.user_id is 'Whose devices are to be woken.';
comment on column private.wakeup_requests.by_device is 'The device that made the change and is not woken; null: all are.';
comment on column private.wakeup_requests.caregivers_too is 'Whether the devices of active caregivers are woken as well.';
comment on column private.wakeup_requests.requested_at is 'When.';
create index wakeup_requests_user on private.wakeup_requests (user_id);

alter table private.wakeup_settings enable row level security;
alter table private.wakeup_settings force row level security;
alter table private.wakeup_requests enable row level security;
alter table private.wakeup_requests force row level security;
revoke all on table private.wakeup_settings, private.wakeup_requests from public, anon, authenticated, service_role;
revoke all on sequence private.wakeup_requests_id_seq from public, anon, authenticated, service_role;

create function private.coalescing_window()
returns interval
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.coalescing_window from private.wakeup_settings as s
$$;
comment on function private.coalescing_window() is 'A device is woken at most once in this time. Called by our definer functions only.';
revoke all on function private.coalescing_window() from public, anon, authenticated, service_role;

create function private.request_wakeup(owner uuid, device text, caregivers boolean)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- Sessions live long and keep plans: none may read a whole table.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  waiting private.wakeup_requests;
begin
  if not exists (
    select
    from public.srv_push_devices as d
    where d.user_id = owner and d.device_id is distinct from device
  ) and not (caregivers and exists (
    select
    from public.srv_family_links as l
    inner join public.srv_push_devices as d on l.supervisor_id = d.user_id
    where l.supervised_user_id = owner and l.status = 'active'
  )) then
    return;
  end if;
  -- The lock keeps the sender from taking it until this change can be seen: it would wake devices too early, and
  -- nothing would wake them again. What the sender holds already is left to it, and a row of our own is added: nobody
  -- waits.
  select r.* into waiting
  from private.wakeup_requests as r
  where r.user_id = owner
  limit 1
  for update skip locked;
  if not found then
    insert into private.wakeup_requests (user_id, by_device, caregivers_too) values (owner, device, caregivers);
  elsif waiting.by_device is distinct from device or (caregivers and not waiting.caregivers_too) then
    update private.wakeup_requests as r
    set
      by_device = case when r.by_device = device then device end,
      caregivers_too = r.caregivers_too or caregivers
    where r.id = waiting.id;
  end if;
  -- Told to the service, which then calls the sender.
  perform set_config('medtime.wakeup_requested', 'true', true);
end
$$;
comment on function private.request_wakeup(uuid, text, boolean) is 'Notes that all devices of a user but one, and with caregivers those of the active ones, are to be woken once this transaction commits. Nothing where nobody could be. Whoever calls it holds at least a key share lock of the user. Called by our definer functions only.';
revoke all on function private.request_wakeup(uuid, text, boolean) from public, anon, authenticated, service_role;

-- Every write of entities passes here, whoever makes it; deletions, which only the cleanup and an erasure make, do not. A
-- retry and a conflict write nothing.
create function private.wake_others()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  device text;
begin
  -- Who writes has reserved dots (private.guard_entity). The rows themselves could be 100 MB.
  select o.reserved_device into device
  from private.owners as o
  where o.user_id = auth.uid() and o.reserved_by = pg_current_xact_id_if_assigned();
  if found then
    perform private.request_wakeup(auth.uid(), device, true);
  end if;
  return null;
end
$$;
comment on function private.wake_others() is 'After a statement that writes entities: has the owner''s other devices and the caregivers woken.';
revoke all on function private.wake_others() from public, anon, authenticated, service_role;

create trigger wake_others_of_inserted after insert on public.srv_encrypted_entities
for each statement execute function private.wake_others();
create trigger wake_others_of_updated after update on public.srv_encrypted_entities
for each statement execute function private.wake_others();

create function private.wake_both_sides()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Not all of a link's writers hold the locks of both. Whoever is being deleted is not waited for.
  perform private.request_wakeup(u.id, null, false)
  from (
    select a.id
    from auth.users as a
    where a.id in (new.supervised_user_id, new.supervisor_id)
    order by a.id
    for key share skip locked
  ) as u;
  return null;
end
$$;
comment on function private.wake_both_sides() is 'After a link became active, or ceased to be: has all devices of both sides woken.';
revoke all on function private.wake_both_sides() from public, anon, authenticated, service_role;

create trigger wake_both_sides after update on public.srv_family_links
for each row
when (old.status is distinct from new.status and 'active' in (old.status, new.status))
execute function private.wake_both_sides();
