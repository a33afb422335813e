-- The epoch, and how many devices there are that may have a clock of it.
select e.epoch, e.started_at, (select count(*) from public.srv_sync_status) as devices
from private.epoch as e
