-- Tombstones are purged after a time; the horizon remembers which, so that a clock that missed one must start over.
create function private.purge_tombstones(
  older_than timestamptz, max_rows integer default 1000, not_before timestamptz default '-infinity'
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- A batch holds locks: no plan may read a whole table, whatever the statistics say.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  owners uuid[];
  ids uuid[];
  locked uuid[];
  purged bigint;
begin
  select array_agg(d.user_id), array_agg(d.id) into owners, ids
  from (
    select e.user_id, e.id
    from public.srv_encrypted_entities as e
    where e.deleted_at >= not_before and e.deleted_at < older_than
    order by e.deleted_at
    limit max_rows
  ) as d;

  -- An owner who is writing, or being deleted, is left for a later batch. No lock is waited for, so nobody can wait for
  -- us in a circle.
  select array_agg(l.user_id) into locked
  from (
    select o.user_id
    from auth.users as u
    inner join private.owners as o on u.id = o.user_id
    where u.id = any(owners)
    for key share of u skip locked
    for no key update of o skip locked
  ) as l;

  with dead as (
    delete from public.srv_encrypted_entities as e
    using unnest(owners, ids) as d (user_id, id)
    where
      e.user_id = d.user_id and e.id = d.id and d.user_id = any(locked)
      -- It may have been written again before its owner was locked.
      and e.deleted_at >= not_before and e.deleted_at < older_than
    returning e.user_id, e.client_id, e.client_seq, e.updated_at
  ),

  newest as (
    select d.user_id, d.client_id, max(d.client_seq) as client_seq, max(d.updated_at) as updated_at, count(*) as amount
    from dead as d
    group by d.user_id, d.client_id
  ),

  gone as (
    select
      n.user_id, jsonb_object_agg(n.client_id, n.client_seq) as dots, max(n.updated_at) as updated_at,
      sum(n.amount)::bigint as amount
    from newest as n
    group by n.user_id
  ),

  raised as (
    update private.owners as o
    set
      purges = o.purges + 1,
      purged_until = greatest(o.purged_until, gone.updated_at),
      horizon = o.horizon || (
        select jsonb_object_agg(g.key, greatest(g.value::bigint, coalesce((o.horizon ->> g.key)::bigint, 0)))
        from jsonb_each_text(gone.dots) as g
      )
    from gone
    where o.user_id = gone.user_id
    returning gone.amount
  )

  select coalesce(sum(r.amount), 0)::bigint into purged from raised as r;
  return purged;
end
$$;
comment on function private.purge_tombstones(timestamptz, integer, timestamptz) is 'Purges tombstones older than a moment, the oldest first, at most so many in all, and raises the horizon of their owners in the same transaction. Those of owners who are writing stay. With not_before it does not look again at what was purged before. Returns how many; private.cleanup calls it until all are gone.';
revoke all on function private.purge_tombstones(timestamptz, integer, timestamptz)
from public, anon, authenticated, service_role;

create function private.renew_epoch()
returns uuid
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  -- In a database made from a dump, transactions are numbered anew: what one has reserved must not look like another's.
  update private.owners as o set reserved_by = null where o.reserved_by is not null;
  update private.epoch as e set epoch = gen_random_uuid(), started_at = now() returning e.epoch
$$;
comment on function private.renew_epoch() is 'Begins a new history, after a restore from backup: every clock of the old one is answered 410 resync-required.';
revoke all on function private.renew_epoch() from public, anon, authenticated, service_role;
