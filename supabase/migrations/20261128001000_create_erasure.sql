-- Everything of a user goes (medtime users erase). A large account takes long, so the erasure is many transactions: none
-- holds a lock that others wait for, and one that was interrupted goes on when it is begun again.
create function private.begin_erasure(owner uuid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Nobody shall sign in again meanwhile. A far moment, not infinity: Auth could not read that.
  update auth.users as u set banned_until = now() + interval '100 years' where u.id = begin_erasure.owner;
  if not found then
    return false;
  end if;
  delete from auth.sessions as s where s.user_id = begin_erasure.owner;
  -- Those of before Auth had sessions hang on nothing.
  delete from auth.refresh_tokens as t where t.user_id = begin_erasure.owner::text;
  return true;
end
$$;
comment on function private.begin_erasure(uuid) is 'Locks a user out who is to be erased: banned, without sessions. False: there is no such user.';
revoke all on function private.begin_erasure(uuid) from public, anon, authenticated, service_role;

create function private.erase_batch(owner uuid, after uuid, max_rows integer, out removed bigint, out reached uuid)
language plpgsql
set search_path = pg_catalog, pg_temp
-- No plan may read the whole table, whatever the statistics say.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
begin
  -- In the order of a write, which an access token that has not expired can still make through the REST API.
  perform from auth.users as u where u.id = erase_batch.owner for key share;
  perform from private.owners as o where o.user_id = erase_batch.owner for no key update;
  with doomed as (
    select e.id
    from public.srv_encrypted_entities as e
    where e.user_id = erase_batch.owner and e.id > erase_batch.after
    order by e.id
    limit max_rows
  ),

  gone as (
    delete from public.srv_encrypted_entities as e
    using doomed as d
    where e.user_id = erase_batch.owner and e.id = d.id
    returning e.id
  )

  select count(*), (array_agg(g.id order by g.id desc))[1] into removed, reached from gone as g;
  reached := coalesce(reached, erase_batch.after);
  if removed < max_rows then
    with doomed as (
      select r.id
      from public.srv_ocr_requests as r
      where r.user_id = erase_batch.owner
      order by r.created_at
      limit max_rows - removed
    ),

    gone as (
      delete from public.srv_ocr_requests as r using doomed as d where r.id = d.id returning r.id
    )

    select removed + count(*) into removed from gone as g;
  end if;
end
$$;
comment on function private.erase_batch(uuid, uuid, integer) is 'Deletes a batch of the entities of a user who is being erased, those with ids above the given one, then of the OCR notes. Returns how many rows, and the id to go on from; 0 rows: nothing is left. It raises no horizon: nobody will pull again.';
revoke all on function private.erase_batch(uuid, uuid, integer) from public, anon, authenticated, service_role;

create function private.finish_erasure(owner uuid)
returns text[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  address constant text := (select u.email from auth.users as u where u.id = finish_erasure.owner);
  kept text[] := '{}';
begin
  -- Tables of Auth that name a user without a foreign key. Not every Auth has them, nor may every role change them.
  begin
    if to_regclass('auth.flow_state') is not null then
      delete from auth.flow_state as f where f.user_id = finish_erasure.owner;
    end if;
  exception when insufficient_privilege then
    kept := array_append(kept, 'auth.flow_state');
  end;
  begin
    if to_regclass('auth.audit_log_entries') is not null then
      delete from auth.audit_log_entries as a
      where
        finish_erasure.owner::text in (a.payload ->> 'actor_id', a.payload #>> '{traits,user_id}')
        or address in (a.payload ->> 'actor_username', a.payload #>> '{traits,user_email}');
    end if;
  exception when insufficient_privilege then
    kept := array_append(kept, 'auth.audit_log_entries');
  end;
  delete from auth.users as u where u.id = finish_erasure.owner;
  return kept;
end
$$;
comment on function private.finish_erasure(uuid) is 'Deletes the user, with all rows that hang on them. Returns the tables of Auth in which this role may delete nothing.';
revoke all on function private.finish_erasure(uuid) from public, anon, authenticated, service_role;

create function private.rows_of_user(owner uuid)
returns table (name text, amount bigint) -- noqa: RF04
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  counted record;
begin
  -- The tables are read from the catalog, so that one added later is counted too. Whatever hangs on a user does so in one
  -- step or two.
  for counted in
    with links as (
      select
        c.conrelid as child, c.confrelid as parent,
        string_agg(format('child.%I = parent.%I', a.attname, f.attname), ' and ') as pairs,
        string_agg(format('%I = $1', a.attname), ' and ') as condition
      from pg_constraint as c
      cross join unnest(c.conkey, c.confkey) as k (child_column, parent_column)
      inner join pg_attribute as a on c.conrelid = a.attrelid and k.child_column = a.attnum
      inner join pg_attribute as f on c.confrelid = f.attrelid and k.parent_column = f.attnum
      where c.contype = 'f' and has_table_privilege(c.conrelid, 'select')
      group by c.oid, c.conrelid, c.confrelid
    ),

    first_step as (
      select l.child, string_agg(l.condition, ' or ') as condition
      from links as l
      where l.parent = 'auth.users'::regclass
      group by l.child
    )

    select s.child::regclass::text as name, s.condition from first_step as s
    union all
    select
      l.child::regclass::text,
      string_agg(
        format('exists (select from %s as parent where %s and (%s))', l.parent::regclass, l.pairs, s.condition), ' or '
      )
    from links as l
    inner join first_step as s on l.parent = s.child
    where l.child not in (select t.child from first_step as t)
    group by l.child
    union all
    select 'auth.users', 'id = $1'
    order by 1
  loop
    name := counted.name;
    execute format('select count(*) from %s as child where %s', counted.name, counted.condition) into amount using owner;
    return next;
  end loop;
end
$$;
comment on function private.rows_of_user(uuid) is 'How many rows of each table hang on a user: what an erasure removes.';
revoke all on function private.rows_of_user(uuid) from public, anon, authenticated, service_role;
