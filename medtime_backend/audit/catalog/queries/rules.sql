-- Of a view, the rule that makes it one is its definition.
select
  'rule' as kind,
  format('%I on %I.%I', r.rulename, n.nspname, c.relname) as name,
  format('%I.%I', n.nspname, c.relname) as container,
  jsonb_build_object(
    'definition', pg_get_ruledef(r.oid),
    'enabled', case r.ev_enabled
      when 'O' then 'enabled' when 'D' then 'disabled' when 'A' then 'always' else 'replica'
    end
  ) as facts
from pg_rewrite as r
inner join pg_class as c on r.ev_class = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = any($1::text[]) and r.rulename <> '_RETURN'
