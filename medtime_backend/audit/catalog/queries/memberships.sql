-- What the roles of requests may become, and who may become them. Several grants of one role count together.
-- The options are columns from Postgres 16 on; before that, every member may SET ROLE, and inherits if it is so.
select
  'membership' as kind,
  format('%I in %I', w.rolname, r.rolname) as name,
  '' as container,
  jsonb_build_object(
    'admin', bool_or(m.admin_option),
    'inherit', bool_or(coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, w.rolinherit)),
    'set', bool_or(coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
  ) as facts
from pg_auth_members as m
inner join pg_roles as r on m.roleid = r.oid
inner join pg_roles as w on m.member = w.oid
where r.rolname = any($1::text[] || $2::text[]) or w.rolname = any($1::text[] || $2::text[])
group by r.rolname, w.rolname
