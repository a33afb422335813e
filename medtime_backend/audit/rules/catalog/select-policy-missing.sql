-- title: Writers cannot see what they write
-- severity: error
-- why: INSERT … RETURNING, ON CONFLICT and an UPDATE with WHERE need a SELECT policy and grant; without them they fail with the message of WITH CHECK, or change nothing.
-- fix: Add the SELECT policy, and grant SELECT.
select
  p.object,
  format(
    '%s may %s by this policy, but the SELECT %s is missing: RETURNING and ON CONFLICT fail as if WITH CHECK had.',
    h.role_name, h.verb, case when reading.granted then 'policy' else 'grant' end
  ) as detail,
  format('select polname from pg_policy where polrelid = %L::regclass and polcmd in (''r'', ''*'');', p.table_name)
    as reproduction,
  case
    when reading.granted
      then format(
        'create policy %I on %s for select to %s using (%s);', h.role_name || ' may see it', p.table_name, h.ident,
        coalesce(pg_get_expr(q.polqual, q.polrelid), pg_get_expr(q.polwithcheck, q.polrelid))
      )
    else format('grant select on table %s to %s;', p.table_name, h.ident)
  end as fix,
  h.role_name as persona,
  h.verb
from policies as p
inner join pg_catalog.pg_policy as q on p.oid = q.oid
inner join holders as h on p.relation = h.relation and p.command = h.letter and h.verb in ('insert', 'update', 'delete')
cross join lateral (values (has_any_column_privilege(h.role, p.relation, 'select'))) as reading (granted)
where
  p.permissive and (h.role = any(p.roles) or 0 = any(p.roles))
  and not (reading.granted and exists (
    select from policies as o
    where
      o.relation = p.relation and o.command in ('r', '*') and o.permissive
      and (h.role = any(o.roles) or 0 = any(o.roles))
  ))
