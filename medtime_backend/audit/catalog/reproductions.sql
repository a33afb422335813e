-- What shows one object in the live database, by kind. $1 is its name, $2 the name of what it is part of.

-- schema
select pg_get_userbyid(nspowner) as owner, nspacl from pg_catalog.pg_namespace
where quote_ident(nspname) = $1;

-- table, foreign table
select pg_get_userbyid(relowner) as owner, relacl, relrowsecurity, relforcerowsecurity, relreplident, reloptions
from pg_catalog.pg_class
where oid = to_regclass($1);

-- view, materialized view
select pg_get_userbyid(relowner) as owner, relacl, reloptions, pg_get_viewdef(oid) as definition
from pg_catalog.pg_class
where oid = to_regclass($1);

-- sequence
select
  pg_get_userbyid(c.relowner) as owner,
  c.relacl,
  s.seqtypid::regtype,
  s.seqstart,
  s.seqincrement,
  s.seqmax,
  s.seqmin,
  s.seqcycle
from pg_catalog.pg_class as c
inner join pg_catalog.pg_sequence as s on c.oid = s.seqrelid
where c.oid = to_regclass($1);

-- column
select
  a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) as default_is,
  a.attgenerated, a.attidentity, a.attstorage, a.attcollation::regcollation, a.attacl, a.attstattarget, a.attoptions
from pg_catalog.pg_attribute as a
left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
where a.attrelid = to_regclass($2) and $2 || '.' || quote_ident(a.attname) = $1 and not a.attisdropped;

-- policy
select
  polname, polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid) as using_is,
  pg_get_expr(polwithcheck, polrelid) as with_check_is
from pg_catalog.pg_policy
where polrelid = to_regclass($2) and quote_ident(polname) || ' on ' || $2 = $1;

-- constraint
select conname, pg_get_constraintdef(oid) as definition, convalidated
from pg_catalog.pg_constraint
where (conrelid = to_regclass($2) or contypid = to_regtype($2)) and quote_ident(conname) || ' on ' || $2 = $1;

-- foreign key
select g.tgname, g.tgrelid::regclass, g.tgenabled
from pg_catalog.pg_trigger as g
inner join pg_catalog.pg_constraint as k on g.tgconstraint = k.oid
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
where format('%I on %I.%I', k.conname, c.relnamespace::regnamespace::text, c.relname) = $1;

-- index
select pg_get_indexdef(indexrelid) as definition, indisvalid, indisready, indislive, indisreplident
from pg_catalog.pg_index
where indexrelid = to_regclass($1);

-- trigger
select pg_get_triggerdef(oid) as definition, tgenabled
from pg_catalog.pg_trigger
where tgrelid = to_regclass($2) and quote_ident(tgname) || ' on ' || $2 = $1;

-- rule
select pg_get_ruledef(oid) as definition, ev_enabled
from pg_catalog.pg_rewrite
where ev_class = to_regclass($2) and quote_ident(rulename) || ' on ' || $2 = $1;

-- function, procedure
select pg_get_userbyid(proowner) as owner, proacl, pg_get_functiondef(oid) as definition
from pg_catalog.pg_proc
where oid = to_regprocedure($1);

-- aggregate
select pg_get_userbyid(proowner) as owner, proacl, pg_get_function_arguments(oid) as arguments
from pg_catalog.pg_proc
where oid = to_regprocedure($1);

-- domain, composite type, enum, range, type
select
  pg_get_userbyid(t.typowner) as owner, t.typacl, format_type(t.typbasetype, t.typtypmod) as base, t.typnotnull,
  t.typdefault,
  (
    select array_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum as e
    where e.enumtypid = t.oid
  ) as labels
from pg_catalog.pg_type as t
where t.oid = to_regtype($1);

-- statistics
select pg_get_statisticsobjdef(s.oid) as definition, s.stxstattarget
from pg_catalog.pg_statistic_ext as s
where format('%I.%I', s.stxnamespace::regnamespace::text, s.stxname) = $1;

-- default privileges
select pg_get_userbyid(d.defaclrole) as of_role, n.nspname as in_schema, d.defaclobjtype, d.defaclacl
from pg_catalog.pg_default_acl as d
left join pg_catalog.pg_namespace as n on d.defaclnamespace = n.oid;

-- publication
select
  p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, t.schemaname, t.tablename, t.attnames,
  t.rowfilter
from pg_catalog.pg_publication as p
left join pg_catalog.pg_publication_tables as t on p.pubname = t.pubname
where quote_ident(p.pubname) = $1;

-- event trigger
select evtname, evtevent, pg_get_userbyid(evtowner) as owner, evtfoid::regprocedure, evtenabled, evttags
from pg_catalog.pg_event_trigger
where quote_ident(evtname) = $1;

-- role
select
  r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolcanlogin, r.rolinherit,
  s.setdatabase, s.setconfig
from pg_catalog.pg_roles as r
left join pg_catalog.pg_db_role_setting as s on r.oid = s.setrole
where quote_ident(r.rolname) = $1;

-- membership
select w.rolname as member, r.rolname as of_role, pg_get_userbyid(m.grantor) as granted_by, to_jsonb(m) as options
from pg_catalog.pg_auth_members as m
inner join pg_catalog.pg_roles as r on m.roleid = r.oid
inner join pg_catalog.pg_roles as w on m.member = w.oid
where format('%I in %I', w.rolname, r.rolname) = $1;
