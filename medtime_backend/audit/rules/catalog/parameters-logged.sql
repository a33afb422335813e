-- title: Statements are logged with what they carry
-- severity: error
-- why: Parameters and literals of statements are what users sync; logs are kept and read elsewhere.
-- fix: Reset the setting. Hosted Supabase's own defaults are fine: log_statement ddl, auto_explain from 10 s.
with settings as (
  select lower(p.name) as name, p.setting, null::text as role_name, null::text as database_name, p.unit
  from pg_catalog.pg_settings as p
  -- What the session's own role or database sets is told where it is set.
  where p.source not in ('database', 'user', 'database user')
  union all
  select
    lower(split_part(c.setting, '=', 1)),
    substr(c.setting, position('=' in c.setting) + 1),
    r.rolname::text,
    d.datname::text,
    null
  from pg_catalog.pg_db_role_setting as s
  cross join unnest(s.setconfig) as c (setting)
  left join pg_catalog.pg_roles as r on s.setrole = r.oid
  left join pg_catalog.pg_database as d on s.setdatabase = d.oid
  where s.setdatabase = 0 or d.datname = current_database()
),

-- Times are numbers in the unit of the setting, or texts with one of their own.
durations as (
  select
    s.*,
    case
      when s.setting ~ '^-?[0-9]+$' then s.setting::numeric
      when
        s.setting ~ '^[0-9.]+ *(us|ms|s|min|h|d)$'
        then extract(epoch from replace(s.setting, 'd', ' day')::interval) * 1000
    end as milliseconds
  from settings as s
)

select
  coalesce('role ' || d.role_name, 'database ' || d.database_name, 'server') || ': ' || d.name as object,
  format('%s is %s%s.', d.name, d.setting, coalesce(d.unit, '')) as detail,
  case
    when d.role_name is null and d.database_name is null then format('show %s;', d.name)
    else 'select setrole::regrole, setdatabase, setconfig from pg_db_role_setting;'
  end as reproduction,
  case
    when d.role_name is not null
      then
        format(
          'alter role %I%s reset %s;',
          d.role_name,
          coalesce(' in database ' || quote_ident(d.database_name), ''),
          d.name
        )
    when d.database_name is not null then format('alter database %I reset %s;', d.database_name, d.name)
    else format('alter system reset %s; select pg_reload_conf();', d.name)
  end as fix
from durations as d
where
  (d.name = 'log_statement' and d.setting in ('mod', 'all'))
  or (d.name in ('log_min_duration_statement', 'log_min_duration_sample') and coalesce(d.milliseconds, 0) >= 0)
  or (d.name = 'log_transaction_sample_rate' and d.setting::numeric > 0)
  or (d.name = 'log_parameter_max_length_on_error' and d.setting <> '0')
  or (d.name in ('debug_print_parse', 'debug_print_rewritten', 'debug_print_plan') and d.setting in ('on', 'true', '1'))
  or (d.name = 'auto_explain.log_min_duration' and coalesce(d.milliseconds, 0) between 0 and 9999)
  or (d.name = 'pgaudit.log' and lower(d.setting) ~ '(^|[ ,"])(all|read|write|function)\M')
  or (d.name = 'pgaudit.log_parameter' and d.setting in ('on', 'true', '1'))
  or (d.name = 'pgaudit.role' and d.setting not in ('', '""'))
