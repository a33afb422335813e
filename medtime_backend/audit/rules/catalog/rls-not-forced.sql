-- title: Row-level security is not forced
-- severity: error
-- why: The table's owner, and functions that run as it, are held to no policy. Tables declared as belonging to nobody may go without.
-- fix: Force it.
select
  t.name as object,
  'Policies do not hold for the owner of the table, though its rows belong to users.' as detail,
  format('select relforcerowsecurity from pg_class where oid = %L::regclass;', t.name) as reproduction,
  format('alter table %s force row level security;', t.name) as fix
from tables as t
where t.rls and not t.forced and t.owned
