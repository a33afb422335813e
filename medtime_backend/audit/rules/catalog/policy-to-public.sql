-- title: A policy is for everybody
-- severity: error
-- why: A policy without TO also runs for anon and for every role that is ever made.
-- fix: Name the role.
select
  p.object,
  'The policy is for ' || case when 0 = any(p.roles) then 'PUBLIC' else 'anon' end || '.' as detail,
  format('select polroles::regrole[] from pg_policy where oid = %s;', p.oid) as reproduction,
  format('alter %s to authenticated;', p.subject) as fix
from policies as p
where
  0 = any(p.roles)
  or (
    not (p.open and p.command = 'r')
    and exists (
      select from outsiders as o
      where o.name = 'anon' and o.oid = any(p.roles)
    )
  )
