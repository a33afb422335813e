-- The service's own login role. It can become `authenticated` and nothing else: never service_role.
-- Without a password nobody can log in with it; the operator sets one (docs/operations.md).
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'medtime_service') then
    create role medtime_service login noinherit;
  end if;
  begin
    grant authenticated to medtime_service;
  exception when insufficient_privilege then
    -- From Postgres 16 on, this needs ADMIN on `authenticated`. The schema is fine without it; the service is not.
    raise warning 'medtime_service could not be made a member of authenticated'
      using hint = 'As a role with ADMIN on it, run: grant authenticated to medtime_service;';
  end;
end
$$;
-- Below the 10 s from which hosted Supabase's auto_explain logs a statement with its parameters.
alter role medtime_service set statement_timeout = '9s';
alter role medtime_service set lock_timeout = '5s';
alter role medtime_service set idle_in_transaction_session_timeout = '15s';
grant usage on schema private to medtime_service;

-- Each function below is a whole request: one round trip, one transaction, run as the user from its first step.
-- Everything after private.become is checked against the user's own rights and policies.
create function private.become(claims jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('request.jwt.claims', claims::text, true);
  set local role authenticated;
end
$$;
comment on function private.become(jsonb) is 'Makes the rest of the transaction run as the user of these verified claims, as Supabase''s REST layer would.';
revoke all on function private.become(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.become(jsonb) to medtime_service;

create function private.push_as(
  claims jsonb, device_id text, ids uuid[], entity_types text[], base_versions integer[], blobs bytea[],
  checksums text[], deleted boolean[], known_epoch uuid, known_clock jsonb, known_purges bigint
)
returns table (id uuid, version integer, client_seq bigint, sync_version bigint, epoch uuid)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform private.become(claims);
  return query
  select p.*
  from public.srv_push(
    push_as.device_id, ids, entity_types, base_versions, blobs, checksums, deleted, known_epoch, known_clock,
    known_purges
  ) as p;
end
$$;
comment on function private.push_as(jsonb, text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint) is 'public.srv_push as the user of the claims.';

create function private.pull_as(
  claims jsonb, device_id text, owner uuid, epoch uuid, clock jsonb, purges bigint, max_entities integer,
  max_bytes bigint, only_type text, since timestamptz
)
returns table (
  id uuid, entity_type text, version integer, encrypted_blob bytea, blob_size integer, checksum text,
  created_at timestamptz, updated_at timestamptz, deleted_at timestamptz, client_id text, client_seq bigint, page jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform private.become(claims);
  -- A replica answers pulls too, but can note nothing.
  if not pg_is_in_recovery() then
    perform private.touch_device(pull_as.device_id);
  end if;
  return query
  select p.*
  from public.srv_pull(pull_as.owner, pull_as.epoch, clock, purges, max_entities, max_bytes, only_type, since) as p;
end
$$;
comment on function private.pull_as(jsonb, text, uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz) is 'public.srv_pull as the user of the claims; notes the device''s last sync.';

create function private.status_as(claims jsonb, owner uuid, digests boolean)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.become(claims);
  return public.srv_status(status_as.owner, status_as.digests);
end
$$;
comment on function private.status_as(jsonb, uuid, boolean) is 'public.srv_status as the user of the claims.';

revoke all on function
private.push_as(jsonb, text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint),
private.pull_as(jsonb, text, uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz),
private.status_as(jsonb, uuid, boolean)
from public, anon, authenticated, service_role;
grant execute on function
private.push_as(jsonb, text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint),
private.pull_as(jsonb, text, uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz),
private.status_as(jsonb, uuid, boolean)
to medtime_service;
