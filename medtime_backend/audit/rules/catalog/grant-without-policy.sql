-- title: A grant that no policy opens
-- severity: warning
-- why: Row-level security answers nothing or refuses, so the grant is needless today, and opens the table the day a policy comes.
-- fix: Revoke the grant, or write the policy it was meant for.
select
  t.name as object,
  format('%s holds %s, but no permissive policy of the table is for it.', h.role_name, h.verb) as detail,
  format('select has_any_column_privilege(%L, %L, %L);', h.role_name, t.name, replace(h.verb, 'delete', 'select'))
    as reproduction,
  format('revoke %s on table %s from %s;', h.verb, t.name, case
    when
      exists (
        select from rights as r
        where r.relation = t.oid and r.grantee = h.role and r.verb = h.verb
      )
      then h.ident
    else 'public'
  end)
    as fix,
  h.role_name as persona,
  h.verb
from tables as t
inner join holders as h on t.oid = h.relation
where
  t.rls
  and not exists (
    select from policies as p
    where
      p.relation = t.oid and p.permissive and p.command in (h.letter, '*')
      and (0 = any(p.roles) or exists (
        select from unnest(p.roles) as r (oid)
        where r.oid <> 0 and pg_has_role(h.role, r.oid, 'usage')
      ))
  )
