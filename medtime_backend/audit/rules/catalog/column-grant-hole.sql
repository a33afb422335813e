-- title: A grant on the table covers a grant on columns
-- severity: error
-- why: The declaration lets the role write some columns; with more, it also sets those that are the server's.
-- fix: Revoke the command on the table, and grant the columns again.
select
  t.name as object,
  format(
    '%s may %s %s, though only %s are declared.', o.name, g.verb,
    case
      when has_table_privilege(o.oid, t.oid, g.verb) then 'every column'
      else string_agg(quote_ident(c.attname), ', ' order by c.attnum)
    end,
    g.columns
  ) as detail,
  format(
    'select attname from pg_attribute where attrelid = %1$L::regclass and attnum > 0 and not attisdropped '
    'and has_column_privilege(%2$L, attrelid, attnum, %3$L);', t.name, o.name, g.verb
  ) as reproduction,
  format(
    'revoke %1$s on table %2$s from %3$s; grant %1$s (%4$s) on table %2$s to %3$s;', g.verb, t.name, o.ident, g.columns
  )
    as fix,
  o.name as persona,
  g.verb
from tables as t
cross join
  lateral jsonb_to_recordset(t.declaration -> 'column_grants') as g (role text, verb text, columns text, names text[])
inner join outsiders as o on g.role = o.name
inner join pg_catalog.pg_attribute as c
  on
    t.oid = c.attrelid and c.attnum > 0 and not c.attisdropped and c.attname <> all(g.names)
    and has_column_privilege(o.oid, t.oid, c.attnum, g.verb)
group by t.oid, t.name, o.oid, o.name, o.ident, g.verb, g.columns
