select
  pg_catalog.pg_is_in_recovery() as is_replica,
  pg_catalog.current_setting('transaction_read_only')::boolean as is_read_only
