-- The lock keeps two refreshes of one session apart. Sessions older than the table of methods are by password.
select
  s.id,
  s.user_id,
  coalesce(s.refreshed_at at time zone 'utc', greatest(t.updated_at, s.created_at))
  < now() - interval '7 days' as expired,
  coalesce(a.authentication_method, 'password') as method,
  coalesce(a.updated_at, s.created_at) as signed_in_at
from auth.sessions as s
inner join auth.refresh_tokens as t on s.id = t.session_id
left join auth.mfa_amr_claims as a on s.id = a.session_id
where t.token = $1
for update of s
