-- What Supabase Auth would hand to the access token hook for this user now ($2 issuer, $3 seconds a token lives).
select
  jsonb_build_object(
    'user_id', u.id,
    'authentication_method', 'password',
    'claims', jsonb_build_object(
      'iss', $2::text,
      'aud', u.aud,
      'sub', u.id,
      'exp', extract(epoch from now())::bigint + $3::bigint,
      'iat', extract(epoch from now())::bigint,
      'email', coalesce(u.email, ''),
      'phone', coalesce(u.phone, ''),
      'app_metadata', coalesce(u.raw_app_meta_data, '{}'),
      'user_metadata', coalesce(u.raw_user_meta_data, '{}'),
      'role', u.role,
      'aal', 'aal1',
      'amr', jsonb_build_array(
        jsonb_build_object('method', 'password', 'timestamp', extract(epoch from now())::bigint)
      ),
      'session_id', gen_random_uuid(),
      'is_anonymous', u.is_anonymous
    )
  )::text as event
from auth.users as u
where u.id = $1
