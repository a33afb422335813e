-- title: Foreign keys can probe a table
-- severity: error
-- why: A foreign key to the table tells which values exist in it, past row-level security, and keeps rows from being deleted.
-- fix: Revoke it.
select
  r.name as object,
  format('%s holds references on %s.', r.grantee_name, coalesce('the column ' || r.column_name, 'it')) as detail,
  format('select has_table_privilege(%L, %L, %L);', r.grantee_name, r.name, 'references') as reproduction,
  format(
    'revoke references%s on table %s from %s;', ' (' || quote_ident(r.column_name) || ')', r.name, r.grantee_name
  ) as fix,
  r.grantee_name as persona,
  'references' as verb
from rights as r
where r.verb = 'references' and r.kind <> 'S'
