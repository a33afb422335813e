-- What to explain of a table ($1) as which role (of $2): one statement for each command that the role holds, and only
-- for roles that this session may become.
select r.rolname::text as role, s.verb, s.statement
from pg_catalog.pg_roles as r
cross join pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
cross join
  lateral (
    select
      min(quote_ident(a.attname)) filter (where has_column_privilege(r.oid, c.oid, a.attnum, 'select')) as shown,
      min(quote_ident(a.attname)) filter (
        where a.attgenerated = '' and a.attidentity = '' and has_column_privilege(r.oid, c.oid, a.attnum, 'insert')
      ) as added,
      min(quote_ident(a.attname)) filter (
        where a.attgenerated = '' and a.attidentity = '' and has_column_privilege(r.oid, c.oid, a.attnum, 'update')
      ) as changed
    from pg_catalog.pg_attribute as a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ) as columns
cross join
  lateral (
    values
    (
      'select', format('explain (format json) select %s from %I.%I', columns.shown, n.nspname, c.relname), columns.shown
    ),
    (
      'insert',
      format('explain (format json) insert into %I.%I (%s) values (default)', n.nspname, c.relname, columns.added),
      columns.added
    ),
    (
      'update',
      format('explain (format json) update %I.%I set %s = default', n.nspname, c.relname, columns.changed),
      columns.changed
    ),
    (
      'delete',
      format('explain (format json) delete from %I.%I', n.nspname, c.relname),
      case when has_table_privilege(r.oid, c.oid, 'delete') then 'yes' end
    )
  ) as s (verb, statement, possible)
where
  r.rolname = any($2::text[]) and c.oid = $1::oid and s.possible is not null and c.relrowsecurity
  and pg_has_role(r.oid, 'member') and has_schema_privilege(r.oid, n.oid, 'usage')
