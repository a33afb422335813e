-- title: Changes of a table are broadcast
-- severity: error
-- why: A publication sends every row it sees, ciphertext and metadata, to its subscribers, Supabase Realtime among them.
-- fix: Take the table out of the publication.
select
  t.name as object,
  format('It is in the publication %s%s.', p.pubname, case
    when b.puballtables then ', which is for all tables' when
      r.prrelid is null
      then ', which is for its whole schema'
    else ''
  end) as detail,
  format('select * from pg_publication_tables where pubname = %L;', p.pubname) as reproduction,
  case
    when b.puballtables then format('drop publication %I;', p.pubname)
    when r.prrelid is null then format('alter publication %I drop tables in schema %I;', p.pubname, t.schema)
    else format('alter publication %I drop table %s;', p.pubname, t.name)
  end as fix,
  p.pubname::text as persona
from pg_catalog.pg_publication_tables as p
inner join pg_catalog.pg_publication as b on p.pubname = b.pubname
inner join tables as t on t.name = format('%I.%I', p.schemaname, p.tablename)
left join pg_catalog.pg_publication_rel as r on b.oid = r.prpubid and t.oid = r.prrelid
