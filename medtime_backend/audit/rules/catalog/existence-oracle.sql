-- title: A key tells what others have
-- severity: error
-- why: Uniqueness and foreign keys are checked past row-level security: a user who inserts a guessed value learns from the error whether somebody has it.
-- fix: Begin the key with the owner column.
select
  t.name as object,
  format(
    'The unique index %s (%s) spans all owners, and %s chooses its values.', i.indexrelid::regclass, keys.names, o.name
  ) as detail,
  format('select pg_get_indexdef(%L::regclass);', i.indexrelid::regclass) as reproduction,
  format(
    'Make it unique within an owner: create unique index on %s (%s); then drop %s.', t.name,
    array_to_string(t.owner_columns[1:1] || array[keys.names], ', '), i.indexrelid::regclass
  ) as fix,
  o.name as persona,
  keys.names as verb
from tables as t
inner join pg_catalog.pg_index as i on t.oid = i.indrelid and (i.indisunique or i.indisexclusion)
cross join
  lateral (
    select
      string_agg(coalesce(quote_ident(a.attname), '(expression)'), ', ' order by k.place) as names,
      array_agg(coalesce(a.attname::text, '')) as columns,
      array_agg(k.attnum) filter (where k.attnum <> 0) as numbers
    from unnest(i.indkey) with ordinality as k (attnum, place)
    left join pg_catalog.pg_attribute as a on t.oid = a.attrelid and k.attnum = a.attnum
    where k.place <= i.indnkeyatts
  ) as keys
inner join outsiders as o
  on
    o.name in ('anon', 'authenticated')
    and has_any_column_privilege(o.oid, t.oid, 'insert')
    and not exists (
      select from unnest(keys.numbers) as n (attnum)
      where not has_column_privilege(o.oid, t.oid, n.attnum::smallint, 'insert')
    )
where t.owned and not keys.columns && t.owner_columns
union all
select
  t.name,
  format('The foreign key %I to %s tells %s which rows exist there.', f.conname, f.confrelid::regclass, o.name),
  format('select pg_get_constraintdef(%s);', f.oid),
  format('alter table %s drop constraint %I; then make one that holds the owner column too.', t.name, f.conname),
  o.name as persona,
  f.conname::text
from tables as t
inner join pg_catalog.pg_constraint as f on t.oid = f.conrelid and f.contype = 'f'
inner join outsiders as o on o.name in ('anon', 'authenticated')
where
  t.owned
  and (
    exists (
      select from tables as r
      where r.oid = f.confrelid and r.owned
    )
    or f.confrelid in (
      select c.oid from pg_catalog.pg_class as c
      where c.relnamespace::regnamespace::text = 'auth'
    )
  )
  and not exists (
    select from pg_catalog.pg_attribute as a
    where a.attrelid = t.oid and a.attnum = any(f.conkey) and a.attname = any(t.owner_columns)
  )
  and not exists (
    select from unnest(f.conkey) as n (attnum)
    where not has_column_privilege(o.oid, t.oid, n.attnum, 'insert')
  )
