-- The given token and the session's newest one that is not revoked.
select
  t.revoked,
  t.updated_at > now() - interval '10 seconds' as just_changed,
  active.token as active_token,
  active.parent as active_parent
from auth.refresh_tokens as t
left join lateral (
  select a.token, a.parent
  from auth.refresh_tokens as a
  where a.session_id = t.session_id and not a.revoked
  order by a.id desc
  limit 1
) as active on true
where t.token = $1
