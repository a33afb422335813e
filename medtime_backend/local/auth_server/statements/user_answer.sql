-- The user as Auth's API shows one.
select
  u.id, u.aud, u.role, u.email, u.email_confirmed_at, u.phone, u.confirmed_at, u.last_sign_in_at,
  u.raw_app_meta_data, u.raw_user_meta_data, u.created_at, u.updated_at, u.is_anonymous,
  coalesce(
    (
      select
        jsonb_agg(
          jsonb_build_object(
            'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id,
            'identity_data', i.identity_data, 'provider', i.provider,
            'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at,
            'updated_at', i.updated_at, 'email', i.email
          )
          order by i.created_at
        )
      from auth.identities as i
      where i.user_id = u.id
    ),
    '[]'
  ) as identities
from auth.users as u
where u.id = $1 and u.deleted_at is null
