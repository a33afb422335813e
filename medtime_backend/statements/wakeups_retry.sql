-- In whatever order: it must wait for nobody. What is taken at this moment is being queued anew by somebody else.
with idle as (
  select o.user_id, o.device_id
  from public.srv_push_outbox as o
  where o.set_aside_at is not null
  for update skip locked
)

update public.srv_push_outbox as o
set set_aside_at = null, attempts = 0, due_at = clock_timestamp()
from idle as i
where o.user_id = i.user_id and o.device_id = i.device_id
