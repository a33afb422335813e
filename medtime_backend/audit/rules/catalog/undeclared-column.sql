-- title: A column that nobody declared
-- severity: error
-- why: What a table may hold is a closed list: a new column is where cleartext would come in.
-- fix: Declare it in policies/ after review, or drop it.
select
  t.name || '.' || quote_ident(a.attname) as object,
  case
    when t.declaration -> 'columns' ? a.attname::text
      then format(
        'It is %s, but declared as %s.', format_type(a.atttypid, a.atttypmod),
        t.declaration -> 'columns' ->> a.attname::text
      )
    else format('The declaration of the table does not list it (%s).', format_type(a.atttypid, a.atttypmod))
  end as detail,
  format(
    'select format_type(atttypid, atttypmod) from pg_attribute where attrelid = %L::regclass and attname = %L;',
    t.name,
    a.attname
  )
    as reproduction,
  case
    when t.declaration -> 'columns' ? a.attname::text
      then format(
        'alter table %s alter column %I type %s;', t.name, a.attname, t.declaration -> 'columns' ->> a.attname::text
      )
    else format('alter table %s drop column %I;', t.name, a.attname)
  end as fix
from tables as t
inner join pg_catalog.pg_attribute as a on t.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
cross join lateral (values (t.declaration -> 'columns' ->> a.attname::text)) as declared (type)
where
  t.declaration is not null
  and (
    declared.type is null
    or to_regtype(declared.type) is distinct from a.atttypid::regtype
    or coalesce(substring(declared.type, '\(.*\)'), '')
    <> coalesce(substring(format_type(a.atttypid, a.atttypmod), '\(.*\)'), '')
  )
union all
select
  t.name || '.' || quote_ident(c.name),
  'It is declared, but the table does not have it.',
  format('select attname from pg_attribute where attrelid = %L::regclass and attname = %L;', t.name, c.name),
  'Apply the missing migrations: medtime migrate up.'
from tables as t
cross join jsonb_object_keys(t.declaration -> 'columns') as c (name)
where
  not exists (
    select from pg_catalog.pg_attribute as a
    where a.attrelid = t.oid and a.attname = c.name and not a.attisdropped
  )
