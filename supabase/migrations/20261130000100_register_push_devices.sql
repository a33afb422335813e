-- Where a phone can be woken: it registers the address that Apple or Google gave it, by RPC or through the service.
--
-- Whoever changes addresses locks their rows first, in one order, and touches the queue only then. The sender does
-- likewise (20261130000500), so the two cannot wait for each other in a circle.
create function private.max_push_devices()
returns integer
language sql
immutable
set search_path = pg_catalog, pg_temp
return 32;
comment on function private.max_push_devices() is 'Addresses per user: bounds what one change wakes. Beyond, the one longest unused makes room.';
revoke all on function private.max_push_devices() from public, anon, authenticated, service_role;

create function private.push_device_fault(device_id text, platform text, token text, environment text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
  when coalesce(device_id, '') !~ '^[A-Za-z0-9._:-]{1,64}$' then 'device_id'
  when coalesce(platform, '') not in ('apns', 'fcm') then 'platform'
  -- FCM has no sandbox.
  when coalesce(environment, '') not in ('production', case platform when 'apns' then 'sandbox' else 'production' end)
    then 'environment'
  -- The bytes of APNs's token in hex: 32 today, and Apple says to expect more. FCM's is a name of no fixed length.
  when platform = 'apns' and coalesce(token, '') !~ '^([0-9A-Fa-f]{2}){32,100}$' then 'token'
  when platform = 'fcm' and (coalesce(token, '') !~ '^[A-Za-z0-9_:.-]+$' or length(token) not between 20 and 2048)
    then 'token'
end;
comment on function private.push_device_fault(text, text, text, text) is 'Which field of a registration is wrong; null: none is.';
revoke all on function private.push_device_fault(text, text, text, text) from public, anon, authenticated, service_role;

create function private.register_push_device(device_id text, platform text, token text, environment text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- Sessions live long and keep plans: none may read all addresses.
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  caller constant uuid := auth.uid();
  device constant text := register_push_device.device_id;
  address constant text := case platform when 'apns' then lower(token) else token end;
  service constant text := register_push_device.platform;
  fault constant text := private.push_device_fault(device_id, platform, token, environment);
  moment constant timestamptz := clock_timestamp();
begin
  if fault is not null then
    perform private.raise_problem('MT400', 'invalid-field', jsonb_build_object('field', fault));
  end if;
  if private.lock_live_users(array[caller]) = '{}' then
    perform private.raise_problem('MT401', 'unknown-user');
  end if;
  -- Two who register one address at once: the second sees what the first has done.
  perform pg_advisory_xact_lock(6331, hashtext(service || ' ' || address));
  perform
  from public.srv_push_devices as d
  where d.user_id = caller or (d.platform = service and d.token = address)
  order by d.user_id, d.device_id
  for update;
  -- An address is one phone's: whoever had it before has left that phone, or the phone has a new name.
  delete from public.srv_push_devices as d
  where d.platform = service and d.token = address and (d.user_id, d.device_id) <> (caller, device);
  delete from public.srv_push_devices as d
  where d.user_id = caller and d.device_id in (
    select o.device_id
    from public.srv_push_devices as o
    where o.user_id = caller and o.device_id <> device
    order by o.last_used_at desc
    offset private.max_push_devices() - 1
  );
  insert into public.srv_push_devices as d (user_id, device_id, platform, environment, token, last_used_at)
  values (caller, device, service, register_push_device.environment, address, moment)
  on conflict (user_id, device_id) do update
  set
    platform = excluded.platform, environment = excluded.environment, token = excluded.token,
    last_used_at = excluded.last_used_at;
  -- What a sender hears of the address from before says nothing of this one: its ticket is void. What waits goes out.
  update public.srv_push_outbox as o
  set
    ticket = null, leased_until = null, again = false, attempts = 0, set_aside_at = null,
    due_at = case
      when o.ticket is not null then moment + private.coalescing_window()
      when o.set_aside_at is not null then moment
      else o.due_at
    end
  where o.user_id = caller and o.device_id = device;
end
$$;
comment on function private.register_push_device(text, text, text, text) is 'What public.srv_register_push_device does.';

create function private.remove_push_device(device_id text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  if coalesce(remove_push_device.device_id, '') !~ '^[A-Za-z0-9._:-]{1,64}$' then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "device_id"}');
  end if;
  delete from public.srv_push_devices as d
  where d.user_id = auth.uid() and d.device_id = remove_push_device.device_id;
end
$$;
comment on function private.remove_push_device(text) is 'What public.srv_remove_push_device does.';

revoke all on function
private.register_push_device(text, text, text, text), private.remove_push_device(text)
from public, anon, authenticated, service_role;
grant execute on function
private.register_push_device(text, text, text, text), private.remove_push_device(text)
to authenticated;
