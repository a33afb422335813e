-- The users of an e-mail address ($1) or an id ($2). Auth keeps addresses in lower case; single sign-on can give one
-- address to several users.
select u.id as user_id, u.email
from auth.users as u
where u.deleted_at is null and (u.email = lower($1) or u.id = $2)
order by u.created_at, u.id
limit 10
