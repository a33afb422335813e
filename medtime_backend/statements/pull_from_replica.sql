select
  id, entity_type, version, encrypted_blob, blob_size, checksum, created_at, updated_at, deleted_at, client_id,
  client_seq, page, pg_is_in_recovery() and pg_last_wal_replay_lsn() >= $1::text::pg_lsn as fresh
from private.pull_as($2::jsonb, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11)
