-- title: A definer function runs as a superuser
-- severity: warning
-- why: Whatever is wrong in it is wrong with all rights, beyond this database.
-- fix: Give it to the role that runs the migrations.
select
  r.name as object,
  format('It runs as %s, a superuser.', o.rolname) as detail,
  format('select proowner::regrole from pg_proc where oid = %L::regprocedure;', r.name) as reproduction,
  format('alter %s %s owner to %I;', r.kind, r.name, d.datdba::regrole) as fix
from routines as r
inner join pg_catalog.pg_roles as o on r.owner = o.oid
inner join pg_catalog.pg_database as d on d.datname = current_database()
where r.definer and o.rolsuper
