-- The last column: whether anybody is to be woken.
select
  id, version, client_seq, sync_version, epoch,
  coalesce(current_setting('medtime.wakeup_requested', true), '') = 'true' as wakeup_requested
from private.push_as($1::jsonb, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)
