-- Adds a provider's identity, or renews what the provider says, and lists the user's providers.
with kept as (
  insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
  values ($1, $2, $3::jsonb, $4, now(), now(), now())
  on conflict (provider_id, provider) do update
    set identity_data = excluded.identity_data, last_sign_in_at = now(), updated_at = now()
  returning user_id, provider
)

update auth.users as u
set
  raw_app_meta_data = jsonb_build_object('provider', kept.provider)
  || coalesce(u.raw_app_meta_data, '{}')
  || jsonb_build_object(
    'providers',
    (
      select jsonb_agg(distinct p.provider)
      from (
        select i.provider
        from auth.identities as i
        where i.user_id = $2
        union all
        select $4
      ) as p
    )
  )
from kept
where u.id = kept.user_id
