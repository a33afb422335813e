select
  public.catalog_search($2, $3, $4, $5, $6, $7, $8, $9, $10)::text as answer,
  (select version from public.catalog_version) as version,
  pg_is_in_recovery() and pg_last_wal_replay_lsn() >= $1::text::pg_lsn as fresh
