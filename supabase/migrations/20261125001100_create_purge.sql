-- Tombstones are purged after a time; the horizon remembers which, so that a clock that missed one must start over.
create function private.purge_tombstones(older_than timestamptz, max_rows integer default 1000)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  subject uuid;
  purged bigint := 0;
  gone jsonb;
  newest_gone timestamptz;
  amount bigint;
begin
  for subject in
    select distinct d.user_id
    from (
      select e.user_id
      from public.srv_encrypted_entities as e
      where e.deleted_at < older_than
      order by e.deleted_at
      limit max_rows
    ) as d
  loop
    -- An owner who is writing is left for the next batch.
    perform from private.owners as o where o.user_id = subject for no key update skip locked;
    continue when not found;
    with doomed as (
      select e.id
      from public.srv_encrypted_entities as e
      where e.user_id = subject and e.deleted_at < older_than
      limit max_rows
    ),

    dead as (
      delete from public.srv_encrypted_entities as e
      using doomed as d
      where e.user_id = subject and e.id = d.id
      returning e.client_id, e.client_seq, e.updated_at
    ),

    newest as (
      select d.client_id, max(d.client_seq) as client_seq, max(d.updated_at) as updated_at, count(*) as amount
      from dead as d
      group by d.client_id
    )

    select jsonb_object_agg(n.client_id, n.client_seq), max(n.updated_at), sum(n.amount)
    into gone, newest_gone, amount
    from newest as n;
    continue when gone is null;
    update private.owners as o
    set
      purges = o.purges + 1,
      purged_until = greatest(o.purged_until, newest_gone),
      horizon = o.horizon || (
        select jsonb_object_agg(g.key, greatest(g.value::bigint, coalesce((o.horizon ->> g.key)::bigint, 0)))
        from jsonb_each_text(gone) as g
      )
    where o.user_id = subject;
    purged := purged + amount;
  end loop;
  return purged;
end
$$;
comment on function private.purge_tombstones(timestamptz, integer) is 'Purges a batch of tombstones older than the moment and raises the horizon of their owners in the same transaction. Returns how many; 0 means nothing is left that is not locked.';
revoke all on function private.purge_tombstones(timestamptz, integer) from public, anon, authenticated, service_role;

create function private.renew_epoch()
returns uuid
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update private.epoch as e set epoch = gen_random_uuid(), started_at = now() returning e.epoch
$$;
comment on function private.renew_epoch() is 'Begins a new history, after a restore from backup: every clock of the old one is answered 410 resync-required.';
revoke all on function private.renew_epoch() from public, anon, authenticated, service_role;
