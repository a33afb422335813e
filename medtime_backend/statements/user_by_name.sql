-- The users of an e-mail address ($1) or an id ($2); those whom Auth keeps as deleted only if asked for ($3). Auth keeps
-- addresses in lower case; single sign-on can give one address to several users.
select u.id as user_id, u.email
from auth.users as u
where ($3 or u.deleted_at is null) and (u.email = lower($1) or u.id = $2)
order by u.created_at, u.id
limit 10
