-- Supabase's own belong to supabase_admin, and call functions of Supabase.
select
  'event trigger' as kind,
  quote_ident(e.evtname) as name,
  '' as container,
  jsonb_build_object(
    'owner', pg_get_userbyid(e.evtowner),
    'event', e.evtevent,
    'function', e.evtfoid::regprocedure::text,
    'tags', to_jsonb(e.evttags),
    'enabled', case e.evtenabled
      when 'O' then 'enabled' when 'D' then 'disabled' when 'A' then 'always' else 'replica'
    end
  ) as facts
from pg_event_trigger as e
inner join pg_proc as p on e.evtfoid = p.oid
inner join pg_namespace as n on p.pronamespace = n.oid
where pg_get_userbyid(e.evtowner) <> 'supabase_admin' or n.nspname = any($1::text[])
