with signed_in as (
  update auth.users set last_sign_in_at = now(), updated_at = now()
  where id = $2
  returning id
)

insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip)
select $1, signed_in.id, now(), now(), 'aal1', $3, $4
from signed_in
returning created_at
