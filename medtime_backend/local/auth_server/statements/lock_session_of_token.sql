-- The lock keeps two refreshes of one session apart.
select
  s.id,
  s.user_id,
  coalesce(s.refreshed_at at time zone 'utc', s.created_at) < now() - interval '7 days' as expired,
  s.created_at as signed_in_at
from auth.sessions as s
inner join auth.refresh_tokens as t on s.id = t.session_id
where t.token = $1
for update of s
