-- title: A rewrite rule changes what statements mean
-- severity: error
-- why: Rules run as the table's owner, before policies, and can copy each row elsewhere.
-- fix: Drop the rule.
select
  format('%s.%I', r.name, w.rulename) as object,
  'A rule rewrites statements on it, with the rights of its owner.' as detail,
  format('select pg_get_ruledef(%s);', w.oid) as reproduction,
  format('drop rule %I on %s;', w.rulename, r.name) as fix
from relations as r
inner join pg_catalog.pg_rewrite as w on r.oid = w.ev_class
where w.rulename <> '_RETURN'
