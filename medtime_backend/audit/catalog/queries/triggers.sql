select
  'trigger' as kind,
  format('%I on %I.%I', g.tgname, n.nspname, c.relname) as name,
  format('%I.%I', n.nspname, c.relname) as container,
  jsonb_build_object(
    'definition', pg_get_triggerdef(g.oid),
    'enabled', case g.tgenabled
      when 'O' then 'enabled' when 'D' then 'disabled' when 'A' then 'always' else 'replica'
    end
  ) as facts
from pg_trigger as g
inner join pg_class as c on g.tgrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = any($1::text[]) and not g.tgisinternal
union all
-- What carries out the foreign keys, and can be disabled by a superuser. Its names are random.
select
  'foreign key' as kind,
  format('%I on %I.%I', k.conname, n.nspname, c.relname) as name,
  format('%I on %I.%I', k.conname, n.nspname, c.relname) as container,
  jsonb_build_object('enforced', bool_and(g.tgenabled in ('O', 'A'))) as facts
from pg_trigger as g
inner join pg_constraint as k on g.tgconstraint = k.oid
inner join pg_class as c on k.conrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = any($1::text[]) and g.tgisinternal
group by k.oid, k.conname, n.nspname, c.relname
