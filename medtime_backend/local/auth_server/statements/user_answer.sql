-- The user as Auth's API shows one.
select
    u.*,
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
