update public.srv_push_outbox
set set_aside_at = null, attempts = 0, due_at = clock_timestamp()
where set_aside_at is not null
