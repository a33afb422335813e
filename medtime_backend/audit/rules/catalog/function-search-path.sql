-- title: A function without a safe search_path
-- severity: error
-- why: Names in it are resolved in schemas that the caller chooses or may write to, temporary ones included.
-- fix: Pin it to pg_catalog, and name pg_temp last.
select
  r.name as object,
  case
    when path.setting is null then 'It has no search_path of its own: its caller chooses what its names mean.'
    when path.missing_temp
      then 'It runs with its owner''s rights, but does not name pg_temp last: the caller''s temporary types come first.'
    else format('Its search_path holds %s, where others may create.', path.unsafe)
  end as detail,
  format('select proconfig from pg_proc where oid = %L::regprocedure;', r.name) as reproduction,
  format('alter %s %s set search_path = pg_catalog, pg_temp;', r.kind, r.name) as fix
from routines as r
cross join
  lateral (
    select
      max(c.setting) as setting,
      r.definer and coalesce(right(max(c.setting), 7), '') <> 'pg_temp' as missing_temp,
      string_agg(e.name, ', ') filter (
        where e.name = '$user' or e.name = 'public' or exists (
          select from pg_catalog.pg_namespace as n
          inner join outsiders as o on has_schema_privilege(o.oid, n.oid, 'create')
          where n.nspname = e.name and o.name <> 'supabase_auth_admin'
        )
      ) as unsafe
    from unnest(r.settings) as c (setting)
    left join lateral (
      select btrim(e.name, ' "') as name from string_to_table(substr(c.setting, 13), ',') as e (name)
    ) as e on true
    where c.setting like 'search_path=%'
  ) as path
where r.kind <> 'aggregate' and (path.setting is null or path.missing_temp or path.unsafe is not null)
