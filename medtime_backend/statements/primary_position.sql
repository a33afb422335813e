select
  pg_current_wal_flush_lsn()::text as flushed,
  (select s.system_identifier from pg_control_system() as s) as system,
  -- A timeline begins with each restore and promotion. The name of a file of the log begins with its, in hexadecimal.
  ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::integer as timeline
