select j.schedule, j.active
from cron.job as j
where j.jobname = 'medtime-wakeups'
