-- title: Triggers can be put on a table
-- severity: error
-- why: A trigger sees each row that anybody writes, ciphertext included, and runs as the writer.
-- fix: Revoke it.
select
  r.name as object,
  format('%s holds trigger on %s.', r.grantee_name, coalesce('the column ' || r.column_name, 'it')) as detail,
  format('select has_table_privilege(%L, %L, %L);', r.grantee_name, r.name, 'trigger') as reproduction,
  format('revoke trigger%s on table %s from %s;', ' (' || quote_ident(r.column_name) || ')', r.name, r.grantee_name)
    as fix,
  r.grantee_name as persona,
  'trigger' as verb
from rights as r
where r.verb = 'trigger' and r.kind <> 'S'
