-- title: A declared object does not exist
-- severity: error
-- why: The database is not what was reviewed: migrations are missing, or something was dropped.
-- fix: Apply the migrations.
select
  d.name as object,
  'The table is declared, but does not exist.' as detail,
  format('select to_regclass(%L);', d.name) as reproduction,
  'Apply the missing migrations: medtime migrate up.' as fix
from scope as s
cross join jsonb_object_keys(s.declared -> 'tables') as d (name)
where
  not exists (
    select from tables as t
    where t.declaration is not null and t.name = (
      select string_agg(quote_ident(part.name), '.' order by part.place)
      from string_to_table(d.name, '.') with ordinality as part (name, place)
    )
  )
union all
select
  d.signature,
  'The function is declared, but does not exist.',
  format('select to_regprocedure(%L);', d.signature),
  'Apply the missing migrations: medtime migrate up.'
from declared_functions as d
where d.routine is null
