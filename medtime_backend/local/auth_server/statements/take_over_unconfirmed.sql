-- Somebody may have signed up with an address that is not theirs. When its owner comes, with a provider that has
-- verified it, nothing of theirs may stay: neither password nor identities nor what they said of themselves.
with taken as (
  update auth.users
  set encrypted_password = null, email_confirmed_at = now(), raw_user_meta_data = '{}', raw_app_meta_data = '{}'
  where id = $1 and email_confirmed_at is null
  returning id
)

delete from auth.identities
using taken
where auth.identities.user_id = taken.id
