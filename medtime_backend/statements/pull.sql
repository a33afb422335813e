select
  id, entity_type, version, encrypted_blob, blob_size, checksum, created_at, updated_at, deleted_at, client_id,
  client_seq, page
from private.pull_as($1::jsonb, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10)
