select cron.unschedule(j.jobid)
from cron.job as j
where j.jobname = 'medtime-wakeups'
