-- Who may call the access token hook, and how it is declared. No row: there is none.
select
  p.prosecdef as definer,
  coalesce(p.proconfig::text like '%search_path=%', false) as fixed_path,
  has_function_privilege('supabase_auth_admin', p.oid, 'execute') as auth_may_execute,
  has_schema_privilege('supabase_auth_admin', p.pronamespace, 'usage') as auth_may_enter,
  array(
    select coalesce(r.rolname, 'public')::text
    from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
    left join pg_catalog.pg_roles as r on a.grantee = r.oid
    where a.grantee <> p.proowner and r.rolname is distinct from 'supabase_auth_admin'
    order by 1
  ) as others
from pg_catalog.pg_proc as p
where p.oid = to_regprocedure('public.custom_access_token_hook(jsonb)')
