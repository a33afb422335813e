-- Those that publish something of ours: Supabase makes supabase_realtime, which is empty.
select
  'publication' as kind,
  quote_ident(p.pubname) as name,
  '' as container,
  jsonb_build_object(
    'all tables', p.puballtables,
    'schemas', s.published,
    'tables', t.published,
    'operations', concat_ws(
      ', ',
      case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
      case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end
    )
  ) as facts
from pg_publication as p
cross join
  lateral (
    select jsonb_agg(quote_ident(n.nspname) order by n.nspname) as published
    from pg_publication_namespace as m
    inner join pg_namespace as n on m.pnnspid = n.oid
    where m.pnpubid = p.oid and n.nspname = any($1::text[])
  ) as s
cross join
  lateral (
    select
      jsonb_agg(
        format('%I.%I', h.nspname, c.relname)
        || coalesce(
          (
            select ' (' || string_agg(quote_ident(a.attname), ', ' order by a.attnum) || ')'
            from pg_attribute as a
            where r.prrelid = a.attrelid and a.attnum = any(r.prattrs::smallint[])
          ),
          ''
        )
        || coalesce(' where ' || pg_get_expr(r.prqual, r.prrelid), '')
        order by h.nspname, c.relname
      ) as published
    from pg_publication_rel as r
    inner join pg_class as c on r.prrelid = c.oid
    inner join pg_namespace as h on c.relnamespace = h.oid
    where r.prpubid = p.oid and h.nspname = any($1::text[])
  ) as t
where p.puballtables or s.published is not null or t.published is not null
