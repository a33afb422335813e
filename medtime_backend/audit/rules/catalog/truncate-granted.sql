-- title: A table can be emptied past its policies
-- severity: error
-- why: TRUNCATE ignores row-level security: it takes every owner's rows.
-- fix: Revoke it.
select
  r.name as object,
  format('%s holds truncate on %s.', r.grantee_name, coalesce('the column ' || r.column_name, 'it')) as detail,
  format('select has_table_privilege(%L, %L, %L);', r.grantee_name, r.name, 'truncate') as reproduction,
  format('revoke truncate%s on table %s from %s;', ' (' || quote_ident(r.column_name) || ')', r.name, r.grantee_name)
    as fix,
  r.grantee_name as persona,
  'truncate' as verb
from rights as r
where r.verb = 'truncate' and r.kind <> 'S'
