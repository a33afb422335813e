select set_config(split_part(s.setting, '=', 1), split_part(s.setting, '=', 2), true)
from pg_db_role_setting as r
cross join unnest(r.setconfig) as s (setting)
where r.setdatabase = 0 and r.setrole = to_regrole($1) and s.setting like 'statement\_timeout=%'
