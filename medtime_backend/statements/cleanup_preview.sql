-- What private.remove_aged would find, by the same conditions. $1 the age, null for the usual one; $2 rows of a kind that
-- are counted at most.
with cut as materialized (
  select
    clock_timestamp() - make_interval(secs => extract(epoch from coalesce($1, private.retention()))::float8) as at,
    clock_timestamp() - make_interval(secs => extract(epoch from private.retention())::float8) as usual
)

select 'tombstones' as kind, count(*) as amount
from (
  select e.deleted_at
  from cut as c
  inner join public.srv_encrypted_entities as e on c.at > e.deleted_at
  order by e.deleted_at
  limit $2
) as t
union all
select 'ocr_requests', count(*)
from (
  select r.created_at
  from cut as c
  inner join public.srv_ocr_requests as r on least(c.at, c.usual) > r.created_at
  order by r.created_at
  limit $2
) as r
union all
select 'wake_ups', count(*)
from (
  select o.queued_at
  from cut as c
  inner join public.srv_push_outbox as o on c.at > o.queued_at
  where coalesce(o.leased_until < clock_timestamp(), true)
  order by o.queued_at
  limit $2
) as w
union all
select 'invitations', count(*)
from (
  select l.expires_at
  from cut as c
  inner join public.srv_family_links as l on c.at > l.expires_at
  where l.status = 'pending'
  order by l.expires_at
  limit $2
) as i
union all
select 'ended_links', count(*)
from (
  select l.updated_at
  from cut as c
  inner join public.srv_family_links as l on c.at > l.updated_at
  where l.status = 'revoked'
  order by l.updated_at
  limit $2
) as n
