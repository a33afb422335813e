-- What Postgres logs of this session, of the settings asked for.
select s.name, s.setting
from pg_catalog.pg_settings as s
where s.name = any($1::text[])
