select id, ran_by, cutoff, started_at, ended_at, outcome, removed, passed_over
from private.cleanup_runs
order by started_at desc
limit $1
