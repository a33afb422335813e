select u.id, u.banned_until > now() as banned
from auth.identities as i
inner join auth.users as u on i.user_id = u.id
where i.provider_id = $1 and i.provider = $2 and u.deleted_at is null
