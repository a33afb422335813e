-- By the catalog: looking the names up would fail where they are not.
select
  to_regclass('cron.job') is not null
  and coalesce((
    select has_schema_privilege(n.oid, 'usage')
    from pg_catalog.pg_namespace as n
    where n.nspname = 'cron'
  ), false) as cron,
  to_regclass('net._http_response') is not null as net,
  to_regclass('vault.decrypted_secrets') is not null as vault
