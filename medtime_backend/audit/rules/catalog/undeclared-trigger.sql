-- title: A trigger that nobody declared
-- severity: error
-- why: A trigger sees every row written and can send it anywhere; a missing one guards nothing.
-- fix: Declare it in policies/ after review, or drop it.
select
  format('%s.%I', t.name, g.tgname) as object,
  case
    when g.tgenabled = 'D' then 'The trigger is declared, but disabled.'
    else format('The declaration of the table does not list it; it runs %s.', g.tgfoid::regprocedure)
  end as detail,
  format('select pg_get_triggerdef(%s), tgenabled from pg_trigger where oid = %1$s;', g.oid) as reproduction,
  case
    when t.declaration -> 'triggers' ? g.tgname::text
      then format('alter table %s enable trigger %I;', t.name, g.tgname)
    else format('drop trigger %I on %s;', g.tgname, t.name)
  end as fix
from tables as t
inner join pg_catalog.pg_trigger as g on t.oid = g.tgrelid and not g.tgisinternal
where g.tgenabled = 'D' or not coalesce(t.declaration -> 'triggers' ? g.tgname::text, false)
union all
select
  format('%s.%I', t.name, d.name),
  'The trigger is declared, but the table does not have it.',
  format('select tgname from pg_trigger where tgrelid = %L::regclass;', t.name),
  'Apply the missing migrations: medtime migrate up.'
from tables as t
cross join jsonb_array_elements_text(t.declaration -> 'triggers') as d (name)
where not exists (
  select from pg_catalog.pg_trigger as g
  where g.tgrelid = t.oid and g.tgname = d.name
)
