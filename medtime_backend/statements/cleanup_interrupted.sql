update private.cleanup_runs
set ended_at = clock_timestamp(), outcome = 'interrupted'
where id = $1 and ended_at is null
