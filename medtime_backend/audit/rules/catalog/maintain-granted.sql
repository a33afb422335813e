-- title: A table can be locked by maintenance
-- severity: error
-- why: MAINTAIN (Postgres 17) allows VACUUM FULL, CLUSTER and LOCK TABLE: nobody syncs meanwhile.
-- fix: Revoke it.
select
  r.name as object,
  format('%s holds maintain on %s.', r.grantee_name, coalesce('the column ' || r.column_name, 'it')) as detail,
  format('select has_table_privilege(%L, %L, %L);', r.grantee_name, r.name, 'maintain') as reproduction,
  format('revoke maintain%s on table %s from %s;', ' (' || quote_ident(r.column_name) || ')', r.name, r.grantee_name)
    as fix,
  r.grantee_name as persona,
  'maintain' as verb
from rights as r
where r.verb = 'maintain' and r.kind <> 'S'
