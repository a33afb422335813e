-- What all rules of catalog/ look at: each of them follows this as the statement's own select. $1 are the schemas, $2
-- those that the API exposes, $3 the declarations as JSON. Objects of extensions are nobody's fault and left out.
-- noqa: disable=ST03
with scope as (
  select $1::text[] as schemas, $2::text[] as exposed, $3::text::jsonb as declared
),

-- Who comes from outside, by whatever door.
outsiders as (
  select r.oid, r.rolname::text as name, quote_ident(r.rolname) as ident, r.rolsuper or r.rolbypassrls as bypasses
  from pg_catalog.pg_roles as r
  where
    r.rolname in ('anon', 'authenticated', 'authenticator', 'medtime_service', 'service_role', 'supabase_auth_admin')
),

namespaces as (
  select n.oid, n.nspname::text as name, n.nspowner as owner, n.nspacl as acl, n.nspname = any(s.exposed) as exposed
  from pg_catalog.pg_namespace as n
  cross join scope as s
  where n.nspname = any(s.schemas)
),

relations as (
  select
    c.oid,
    c.relkind as kind,
    c.relowner as owner,
    c.relacl as acl,
    c.relrowsecurity as rls,
    c.relforcerowsecurity as forced,
    c.reloptions as options, n.exposed, n.name as schema, format('%I.%I', n.name, c.relname) as name,
    s.declared -> 'tables' -> (n.name || '.' || c.relname) as declaration
  from pg_catalog.pg_class as c
  inner join namespaces as n on c.relnamespace = n.oid
  cross join scope as s
  where
    c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
),

-- A table nobody has declared is taken for one whose rows have owners.
tables as (
  select
    r.*,
    coalesce(jsonb_array_length(r.declaration -> 'owners') > 0, true) as owned,
    -- Declared to be read by everybody: public knowledge.
    coalesce((r.declaration ->> 'open')::boolean, false) as open,
    array(select jsonb_array_elements_text(r.declaration -> 'owners')) as owner_columns
  from relations as r
  where r.kind in ('r', 'p')
),

routines as (
  select
    p.oid, p.oid::regprocedure::text as name, p.proowner as owner, p.proacl as acl, p.prosecdef as definer,
    p.proconfig as settings, n.exposed, n.name as schema, n.name || '.' || p.proname as plain_name,
    p.proargtypes::oid[] as types,
    case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind
  from pg_catalog.pg_proc as p
  inner join namespaces as n on p.pronamespace = n.oid
  where
    not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
),

policies as (
  select
    p.oid, p.polrelid as relation, p.polname::text as name, p.polcmd as command, p.polpermissive as permissive,
    p.polroles as roles, t.name as table_name, t.name || '.' || quote_ident(p.polname) as object,
    format('policy %I on %s', p.polname, t.name) as subject, t.open
  from pg_catalog.pg_policy as p
  inner join tables as t on p.polrelid = t.oid
),

commands (letter, verb) as (
  values ('r'::char, 'select'), ('a', 'insert'), ('w', 'update'), ('d', 'delete')
),

-- By name and types, since to_regprocedure refuses to look into a schema the session may not use.
declared_types as (
  select
    f.signature,
    coalesce(bool_or(s.declared -> 'open_functions' ? f.signature), false) as open,
    coalesce(array_agg(to_regtype(d.name)::oid order by d.place) filter (where d.name <> ''), '{}') as types
  from scope as s
  cross join jsonb_array_elements_text(s.declared -> 'functions') as f (signature)
  cross join
    regexp_split_to_table(substring(f.signature, '\((.*)\)'), ',\s*(?![^(]*\))') with ordinality as d (name, place)
  group by f.signature
),

declared_functions as (
  select d.signature, d.open, r.oid as routine
  from declared_types as d
  left join
    routines as r
    on split_part(d.signature, '(', 1) = r.plain_name and array_to_string(d.types, ' ') = array_to_string(r.types, ' ')
),

-- Who holds what on relations and their columns, besides the owner. Grantee 0 is everybody.
rights as (
  select
    r.oid as relation, r.name, r.kind, null::name as column_name, a.grantee, a.is_grantable as grantable,
    lower(a.privilege_type) as verb, coalesce(quote_ident(g.rolname), 'public') as grantee_name
  from relations as r
  cross join aclexplode(r.acl) as a
  left join pg_catalog.pg_roles as g on a.grantee = g.oid
  where a.grantee <> r.owner
  union all
  select
    r.oid, r.name, r.kind, c.attname, a.grantee, a.is_grantable, lower(a.privilege_type),
    coalesce(quote_ident(g.rolname), 'public')
  from relations as r
  inner join pg_catalog.pg_attribute as c on r.oid = c.attrelid and c.attacl is not null
  cross join aclexplode(c.attacl) as a
  left join pg_catalog.pg_roles as g on a.grantee = g.oid
  where a.grantee <> r.owner
),

-- Whether a role holds a command on a table, or on any column of it.
holders as (
  select t.oid as relation, o.oid as role, o.name as role_name, o.ident, c.letter, c.verb
  from tables as t
  cross join outsiders as o
  cross join commands as c
  where
    not o.bypasses
    and case c.verb
      when 'delete' then has_table_privilege(o.oid, t.oid, 'delete')
      else has_any_column_privilege(o.oid, t.oid, c.verb)
    end
)

select s.schemas from scope as s
