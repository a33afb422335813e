-- What a user's tier allows to store. Who has no row is on the free tier, so a new user needs none.
create table private.tiers (
  tier text primary key,
  storage_bytes bigint not null constraint storage_is_positive check (storage_bytes > 0)
);
comment on table private.tiers is 'What each tier may store. Changed by an operator: medtime users quotas.';
comment on column private.tiers.tier is 'free, pro or perfect: the service knows the rate limits of these.';
comment on column private.tiers.storage_bytes is 'Bytes of ciphertext an owner may have stored.';

-- Decimal, as phones and disks count: 1 MB is 1,000,000 bytes.
insert into private.tiers (tier, storage_bytes) values
('free', 100000000),
('pro', 1000000000),
('perfect', 10000000000);

create table private.user_tiers (
  user_id uuid primary key references auth.users (id) on delete cascade,
  tier text not null references private.tiers (tier),
  changed_at timestamptz not null default now()
);
create index user_tiers_tier on private.user_tiers (tier);
comment on table private.user_tiers is 'The tier of each user who is not on the free one by default. Changed by an operator or the billing: medtime users tier.';
comment on column private.user_tiers.user_id is 'The user.';
comment on column private.user_tiers.tier is 'Their tier.';
comment on column private.user_tiers.changed_at is 'When it was last changed.';

alter table private.tiers enable row level security;
alter table private.tiers force row level security;
alter table private.user_tiers enable row level security;
alter table private.user_tiers force row level security;
revoke all on table private.tiers, private.user_tiers from public, anon, authenticated, service_role;

create function private.tier_of(owner uuid)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((select t.tier from private.user_tiers as t where t.user_id = tier_of.owner), 'free')
$$;
comment on function private.tier_of(uuid) is 'The tier of a user; free without a row, and for nobody. Called by our definer functions only.';
revoke all on function private.tier_of(uuid) from public, anon, authenticated, service_role;

create function private.quota_of(owner uuid)
returns bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select t.storage_bytes from private.tiers as t where t.tier = private.tier_of(quota_of.owner)
$$;
comment on function private.quota_of(uuid) is 'Bytes the owner may store. Called by our definer functions only.';
revoke all on function private.quota_of(uuid) from public, anon, authenticated, service_role;
