-- The status answer tells the caller's own tier and quota, and tells a user who is gone so.
create function private.own_account()
returns table (tier text, quota_bytes bigint)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Of nobody too, so that claims without a user learn no more than those of a deleted one.
  if not exists (select from auth.users as u where u.id = auth.uid()) then
    perform private.raise_problem('MT401', 'unknown-user');
  end if;
  return query select private.tier_of(auth.uid()), private.quota_of(auth.uid());
end
$$;
comment on function private.own_account() is 'Tier and quota of the caller. Raises unknown-user (MT401) for a user that is gone, and without a user.';
revoke all on function private.own_account() from public, anon, authenticated, service_role;
grant execute on function private.own_account() to authenticated;

create or replace function public.srv_status(owner uuid default null, digests boolean default false)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  subject constant uuid := coalesce(srv_status.owner, auth.uid());
  account record;
begin
  select a.tier, a.quota_bytes into strict account from private.own_account() as a;
  if not coalesce(private.may_read(subject), false) then
    perform private.raise_problem('MT403', 'not-a-caregiver');
  end if;
  return (
    select jsonb_build_object(
      'epoch', (select p.epoch from private.epoch as p),
      'owner', subject,
      'clock', private.clock_now(subject),
      'devices', coalesce((
        select jsonb_agg(jsonb_build_object(
          'device_id', s.device_id, 'last_sync_at', s.last_sync_at, 'sync_version', s.sync_version
        ) order by s.last_sync_at desc)
        from public.srv_sync_status as s
        where s.user_id = subject
      ), '[]'),
      'entities', coalesce(sum(t.entities), 0),
      'tombstones', coalesce(sum(t.tombstones), 0),
      'bytes', coalesce(sum(t.bytes), 0),
      -- What an owner pays for is no caregiver's business.
      'tier', case when subject = auth.uid() then account.tier end,
      'quota_bytes', case when subject = auth.uid() then account.quota_bytes end,
      'owners', case when subject = auth.uid() then coalesce((
        select jsonb_agg(r.owner) from private.readable_owners() as r (owner)
      ), '[]') else '[]' end,
      'digests', case when srv_status.digests then coalesce(jsonb_object_agg(t.entity_type, jsonb_build_object(
        'count', t.entities, 'bytes', t.bytes,
        -- bit_send puts the length, 4 bytes, before the bits.
        'digest', encode(substr(bit_send(t.digest), 5), 'hex')
      )) filter (where t.entities > 0), '{}') end
    )
    from private.owner_totals as t
    where t.user_id = subject
  );
end
$$;
comment on function public.srv_status(uuid, boolean) is 'Devices, counts, bytes, clock and epoch of the caller, or of an owner the caller may read; with digests, the integrity digest of each entity type; tier and quota_bytes of the caller alone, null for another owner. Raises not-a-caregiver (MT403), unknown-user (MT401).';
