-- title: Row-level security is off
-- severity: error
-- why: Without it every role that holds a grant reaches every row.
-- fix: Enable and force row-level security, then write the policies.
select
  t.name as object,
  'Row-level security of the table is off.' as detail,
  format('select relrowsecurity from pg_class where oid = %L::regclass;', t.name) as reproduction,
  format('alter table %1$s enable row level security; alter table %1$s force row level security;', t.name) as fix
from tables as t
where not t.rls
