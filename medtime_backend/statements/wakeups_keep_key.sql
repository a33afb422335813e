-- $1 the key. Made the first time, changed later.
with known as (
  select s.id
  from vault.secrets as s
  where s.name = 'medtime_push_notify_key'
)

select vault.update_secret(k.id, $1::text)::text
from known as k
union all
select vault.create_secret($1::text, 'medtime_push_notify_key', 'MedTime: opens push-notify')::text
where not exists (select from known)
