-- What phones call, by RPC or through the service: invoker functions over the definer ones of `private`.
create function public.srv_register_push_device(
  device_id text, platform text, token text, environment text default 'production'
)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select private.register_push_device(
    srv_register_push_device.device_id, srv_register_push_device.platform, srv_register_push_device.token,
    srv_register_push_device.environment
  )
$$;
comment on function public.srv_register_push_device(text, text, text, text) is 'Registers where a device of the caller is woken: platform apns or fcm, environment production or (apns alone) sandbox. Repeating it is harmless; an app does so at each start. A token that another device or user had moves to this one. Of more than 32 devices the one longest unused goes. Raises invalid-field (MT400), unknown-user (MT401).';

create function public.srv_remove_push_device(device_id text)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select private.remove_push_device(srv_remove_push_device.device_id)
$$;
comment on function public.srv_remove_push_device(text) is 'Wakes a device of the caller no more, and forgets what was queued for it. Also when there is none. Raises invalid-field (MT400).';

revoke all on function
public.srv_register_push_device(text, text, text, text), public.srv_remove_push_device(text)
from public, anon, authenticated, service_role;
grant execute on function
public.srv_register_push_device(text, text, text, text), public.srv_remove_push_device(text)
to authenticated;

-- The service's calls, as the user (20261125001000).
create function private.register_push_device_as(
  claims jsonb, device_id text, platform text, token text, environment text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.become(claims);
  perform public.srv_register_push_device(
    register_push_device_as.device_id, register_push_device_as.platform, register_push_device_as.token,
    register_push_device_as.environment
  );
end
$$;
comment on function private.register_push_device_as(jsonb, text, text, text, text) is 'public.srv_register_push_device as the user of the claims.';

create function private.remove_push_device_as(claims jsonb, device_id text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.become(claims);
  perform public.srv_remove_push_device(remove_push_device_as.device_id);
end
$$;
comment on function private.remove_push_device_as(jsonb, text) is 'public.srv_remove_push_device as the user of the claims.';

revoke all on function
private.register_push_device_as(jsonb, text, text, text, text), private.remove_push_device_as(jsonb, text)
from public, anon, authenticated, service_role;
grant execute on function
private.register_push_device_as(jsonb, text, text, text, text), private.remove_push_device_as(jsonb, text)
to medtime_service;
