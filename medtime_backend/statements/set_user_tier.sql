insert into private.user_tiers (user_id, tier)
values ($1, $2)
on conflict (user_id) do update set tier = excluded.tier, changed_at = now()
