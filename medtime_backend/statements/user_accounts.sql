-- Users, the newest first, whose e-mail address contains a text (or all), or the ones of these ids.
select
  u.id as user_id, u.email, t.tier, t.storage_bytes as quota_bytes, m.changed_at as tier_changed_at, u.created_at,
  u.last_sign_in_at,
  (
    select coalesce(sum(o.bytes), 0)::bigint
    from private.owner_totals as o
    where o.user_id = u.id
  ) as used_bytes
from (
  select c.id, c.email, c.created_at, c.last_sign_in_at
  from auth.users as c
  where
    c.deleted_at is null
    and ($1::text is null or strpos(c.email, lower($1)) > 0)
    and ($2::uuid is null or c.id = $2)
  order by c.created_at desc nulls last, c.id asc
  limit $3
) as u
left join private.user_tiers as m on u.id = m.user_id
left join private.tiers as t on coalesce(m.tier, 'free') = t.tier
order by u.created_at desc nulls last, u.id asc
