-- The newest calls and what became of them; no answer yet: all null.
select c.called_at, r.status_code, r.timed_out, r.error_msg
from private.wakeup_calls as c
left join net._http_response as r on c.request_id = r.id
order by c.called_at desc
limit 5
