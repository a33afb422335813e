select id, encrypted_password, email_confirmed_at is not null as confirmed, banned_until > now() as banned
from auth.users
where email = lower($1) and not is_sso_user and deleted_at is null
