select id
from auth.users
where deleted_at is null
order by created_at desc, id desc
limit $1 offset $2
