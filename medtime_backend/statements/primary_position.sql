select pg_current_wal_flush_lsn()::text as position
