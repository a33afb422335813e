-- title: A view reads with its owner's rights
-- severity: error
-- why: Policies are then those of the owner: the view shows whoever may read it every row.
-- fix: Set security_invoker.
select
  v.name as object,
  'The view has no security_invoker: row-level security is judged for its owner, not for who asks.' as detail,
  format('select reloptions from pg_class where oid = %L::regclass;', v.name) as reproduction,
  format('alter view %s set (security_invoker = true);', v.name) as fix
from relations as v
where
  v.kind = 'v'
  and not exists (
    select from unnest(v.options) as o (setting)
    where
      lower(o.setting) in ('security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes')
  )
