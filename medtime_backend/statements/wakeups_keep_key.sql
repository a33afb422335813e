-- $1 the key. Made the first time, changed later.
select case
  when s.id is null
    then vault.create_secret($1::text, 'medtime_push_notify_key', 'MedTime: opens push-notify')::text
  else vault.update_secret(s.id, $1::text)::text
end
from (values (1)) as one (n)
left join vault.secrets as s on s.name = 'medtime_push_notify_key'
