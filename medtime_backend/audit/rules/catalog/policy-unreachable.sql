-- title: A policy nobody can reach
-- severity: warning
-- why: The role lacks the grant, so the policy promises what every call is refused (42501, no row-level security involved).
-- fix: Grant the command, or drop the policy.
select
  p.object,
  format('%s holds no %s on the table.', o.name, missing.verbs) as detail,
  format('set role %s; select has_any_column_privilege(%L, %L);', o.ident, p.table_name, 'select') as reproduction,
  format('grant %s on table %s to %s;', missing.verbs, p.table_name, o.ident) as fix,
  o.name as persona
from policies as p
inner join outsiders as o on o.oid = any(p.roles)
cross join
  lateral (
    select string_agg(c.verb, ', ') as verbs, count(*) filter (where h.role is not null) as held
    from commands as c
    left join holders as h on p.relation = h.relation and o.oid = h.role and c.letter = h.letter
    where c.letter = p.command or p.command = '*'
  ) as missing
where missing.held = 0 and not o.bypasses
union all
select
  p.object,
  format('%s may not look into the schema %s.', o.name, n.name),
  format('select has_schema_privilege(%L, %L, %L);', o.name, n.name, 'usage'),
  format('grant usage on schema %I to %s;', n.name, o.ident),
  o.name
from policies as p
inner join outsiders as o on o.oid = any(p.roles)
inner join tables as t on p.relation = t.oid
inner join namespaces as n on t.schema = n.name
where not has_schema_privilege(o.oid, n.oid, 'usage')
