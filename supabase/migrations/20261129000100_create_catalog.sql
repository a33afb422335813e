-- The public drug catalog: three sources in one model. Nothing here is about any user: everybody may read it, and only a
-- seed writes it (medtime catalog seed), in one transaction.
create extension if not exists pg_trgm with schema extensions;

create function public.catalog_fold(words text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return trim(regexp_replace(
  regexp_replace(normalize(lower(words), nfkd), '[\u0300-\u036f]', '', 'g'), '[^[:alnum:]]+', ' ', 'g'
));
comment on function public.catalog_fold(text) is 'A name as it is compared: lower case, without accents, every run of other signs one space.';
revoke all on function public.catalog_fold(text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_fold(text) to anon, authenticated, medtime_service;

create table public.catalog_version (
  singleton boolean primary key default true check (singleton),
  version bigint not null default 1
);
comment on table public.catalog_version is 'One row: grows with each seed, so that caches know which answers are old.';
comment on column public.catalog_version.singleton is 'Always true: keeps the table at one row.';
comment on column public.catalog_version.version is 'The number of the catalog''s state.';
insert into public.catalog_version default values;

create table public.catalog_releases (
  id bigint generated always as identity primary key,
  source text not null check (source in ('rxnorm', 'cofepris', 'ema')),
  released_on date not null,
  seeded_at timestamptz not null default now(),
  origin text not null check (octet_length(origin) <= 2048),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  products integer not null check (products >= 0),
  added integer not null check (added >= 0),
  changed integer not null check (changed >= 0),
  withdrawn integer not null check (withdrawn >= 0),
  rejected integer not null check (rejected >= 0),
  left_out jsonb not null default '{}' check (jsonb_typeof(left_out) = 'object')
);
comment on table public.catalog_releases is 'Each file that was taken in: which, of when, and what came of it. The same bytes again are no release.';
comment on column public.catalog_releases.id is 'Grows with time.';
comment on column public.catalog_releases.source is 'rxnorm, cofepris or ema.';
comment on column public.catalog_releases.released_on is 'The day the publisher gives the file.';
comment on column public.catalog_releases.seeded_at is 'When we took it in.';
comment on column public.catalog_releases.origin is 'File name or address, without anything secret.';
comment on column public.catalog_releases.sha256 is 'Of the file''s bytes (of a directory: of its files in order).';
comment on column public.catalog_releases.products is 'Products in the file.';
comment on column public.catalog_releases.added is 'New ones.';
comment on column public.catalog_releases.changed is 'Ones that differ from the release before.';
comment on column public.catalog_releases.withdrawn is 'Ones of the release before that the file has no more.';
comment on column public.catalog_releases.rejected is 'Lines that could not be read.';
comment on column public.catalog_releases.left_out is 'Lines left out on purpose, by reason: {"veterinary": 382}.';
create index catalog_releases_source on public.catalog_releases (source, id desc);

create table public.catalog_substances (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{0,119}$'),
  name_en text not null check (octet_length(name_en) between 1 and 1024),
  name_es text check (octet_length(name_es) between 1 and 1024)
);
comment on table public.catalog_substances is 'What a drug is made of, the same in all sources: paracetamol is acetaminophen.';
comment on column public.catalog_substances.id is 'A slug of the first name it was known by; stable.';
comment on column public.catalog_substances.name_en is 'The name in English (INN where there is one).';
comment on column public.catalog_substances.name_es is 'The name in Spanish, where known.';

create table public.catalog_substance_names (
  folded text not null check (octet_length(folded) between 1 and 1024),
  substance_id text not null references public.catalog_substances (id) on delete cascade,
  name text not null check (octet_length(name) between 1 and 1024),
  language text not null check (language in ('en', 'es', 'la', '')),
  kind text not null check (kind in ('inn', 'usan', 'ban', 'salt', 'synonym', 'source')),
  primary key (folded, substance_id)
);
comment on table public.catalog_substance_names is 'Every name of a substance.';
comment on column public.catalog_substance_names.folded is 'public.catalog_fold of the name.';
comment on column public.catalog_substance_names.substance_id is 'The substance.';
comment on column public.catalog_substance_names.name is 'The name as written.';
comment on column public.catalog_substance_names.language is 'en, es, la, or empty where it is the same everywhere.';
comment on column public.catalog_substance_names.kind is 'What kind of name; source: as a source writes it.';
create index catalog_substance_names_substance on public.catalog_substance_names (substance_id);

create table public.catalog_products (
  id text primary key check (id ~ '^(rxnorm|cofepris|ema):[0-9A-Za-z][0-9A-Za-z._-]{0,63}$'),
  source text not null check (source in ('rxnorm', 'cofepris', 'ema')),
  kind text not null check (kind in ('ingredient', 'brand', 'clinical-drug', 'branded-drug', 'pack', 'product')),
  name text not null check (octet_length(name) between 1 and 4096),
  language text not null check (language in ('en', 'es')),
  country text not null check (country in ('US', 'MX', 'EU')),
  brand text check (octet_length(brand) between 1 and 1024),
  form text check (octet_length(form) between 1 and 1024),
  route text check (octet_length(route) between 1 and 1024),
  holder text check (octet_length(holder) between 1 and 1024),
  status text not null check (status in (
    'active', 'retired', 'withdrawn', 'refused', 'suspended', 'revoked', 'expired', 'cancelled', 'pending'
  )),
  status_on date,
  successor_id text check (octet_length(successor_id) <= 80),
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object' and octet_length(details::text) <= 65536),
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  first_release_id bigint not null references public.catalog_releases (id),
  last_release_id bigint not null references public.catalog_releases (id),
  updated_at timestamptz not null default now()
);
comment on table public.catalog_products is 'One product, ingredient or brand as one source knows it. Never deleted: what a source has no more is withdrawn or retired.';
comment on column public.catalog_products.id is 'source:number, the same in every release: rxnorm:161.';
comment on column public.catalog_products.source is 'rxnorm, cofepris or ema.';
comment on column public.catalog_products.kind is 'What it is; product: a registered product of COFEPRIS or EMA.';
comment on column public.catalog_products.name is 'The name to show.';
comment on column public.catalog_products.language is 'The language of the name.';
comment on column public.catalog_products.country is 'Where it is registered: US, MX, EU.';
comment on column public.catalog_products.brand is 'Its brand, where it has one.';
comment on column public.catalog_products.form is 'Dose form, as the source writes it.';
comment on column public.catalog_products.route is 'Route, as the source writes it.';
comment on column public.catalog_products.holder is 'Who holds the registration.';
comment on column public.catalog_products.status is 'active: can be prescribed. The others say why not.';
comment on column public.catalog_products.status_on is 'Since when.';
comment on column public.catalog_products.successor_id is 'What it was merged into, where known.';
comment on column public.catalog_products.details is 'What else the source tells, by our names.';
comment on column public.catalog_products.fingerprint is 'SHA-256 of all of it: tells whether a release changed it. Zeros: the source has it no more.';
comment on column public.catalog_products.first_release_id is 'The release it came with.';
comment on column public.catalog_products.last_release_id is 'The last release that changed it, or had it no more.';
comment on column public.catalog_products.updated_at is 'When it last changed here.';
create index catalog_products_source on public.catalog_products (source, status, id);
create index catalog_products_last_release on public.catalog_products (last_release_id);
create index catalog_products_first_release on public.catalog_products (first_release_id);

create table public.catalog_ingredients (
  product_id text not null references public.catalog_products (id) on delete cascade,
  place smallint not null check (place > 0),
  name text not null check (octet_length(name) between 1 and 1024),
  substance_id text references public.catalog_substances (id),
  strength text check (octet_length(strength) between 1 and 256),
  amount numeric check (amount > 0),
  unit text check (octet_length(unit) between 1 and 64),
  per_amount numeric check (per_amount > 0),
  per_unit text check (octet_length(per_unit) between 1 and 64),
  primary key (product_id, place)
);
comment on table public.catalog_ingredients is 'What is in a product, how much of it.';
comment on column public.catalog_ingredients.product_id is 'The product.';
comment on column public.catalog_ingredients.place is 'Its place in the source''s list, from 1.';
comment on column public.catalog_ingredients.name is 'As the source writes it.';
comment on column public.catalog_ingredients.substance_id is 'The substance, where it could be told.';
comment on column public.catalog_ingredients.strength is 'As the source writes it.';
comment on column public.catalog_ingredients.amount is 'The number of it.';
comment on column public.catalog_ingredients.unit is 'Its unit: mg, ug, g, ml, IU, mmol, %.';
comment on column public.catalog_ingredients.per_amount is 'In how much: 5 in 250 mg / 5 ml.';
comment on column public.catalog_ingredients.per_unit is 'The unit of that.';
create index catalog_ingredients_substance on public.catalog_ingredients (substance_id, product_id);

create table public.catalog_names (
  product_id text not null references public.catalog_products (id) on delete cascade,
  folded text not null check (octet_length(folded) between 1 and 4096),
  name text not null check (octet_length(name) between 1 and 4096),
  language text not null check (language in ('en', 'es', '')),
  kind text not null check (kind in ('name', 'brand', 'synonym')),
  primary key (product_id, folded)
);
comment on table public.catalog_names is 'Every name a source gives a product; those of its substances are in catalog_substance_names.';
comment on column public.catalog_names.product_id is 'The product.';
comment on column public.catalog_names.folded is 'public.catalog_fold of the name.';
comment on column public.catalog_names.name is 'As the source writes it.';
comment on column public.catalog_names.language is 'en, es, or empty where it is the same everywhere.';
comment on column public.catalog_names.kind is 'name, brand or synonym.';

create table public.catalog_codes (
  product_id text not null references public.catalog_products (id) on delete cascade,
  system text not null check (system in ('rxcui', 'ndc', 'atc', 'cofepris', 'ema', 'eu')),
  code text not null check (octet_length(code) between 1 and 128),
  folded text not null check (folded ~ '^[0-9a-z]{1,128}$'),
  primary key (product_id, system, code)
);
comment on table public.catalog_codes is 'The numbers of a product in this and other systems.';
comment on column public.catalog_codes.product_id is 'The product.';
comment on column public.catalog_codes.system is 'rxcui, ndc, atc, cofepris, ema or eu (marketing authorisation).';
comment on column public.catalog_codes.code is 'As the source writes it.';
comment on column public.catalog_codes.folded is 'Letters and digits alone, in lower case; an NDC as its 11 digits.';
create index catalog_codes_folded on public.catalog_codes (folded, system);

create table public.catalog_relations (
  product_id text not null references public.catalog_products (id) on delete cascade,
  kind text not null check (kind in ('ingredient', 'brand', 'clinical-drug', 'branded-drug', 'pack', 'same-product')),
  target_id text not null references public.catalog_products (id) on delete cascade,
  primary key (product_id, kind, target_id)
);
comment on table public.catalog_relations is 'Which products belong together, in both directions: a branded drug, its clinical drug, its ingredient, its brand.';
comment on column public.catalog_relations.product_id is 'From.';
comment on column public.catalog_relations.kind is 'What the target is to it.';
comment on column public.catalog_relations.target_id is 'To.';
create index catalog_relations_target on public.catalog_relations (target_id);

alter table public.catalog_version enable row level security;
alter table public.catalog_version force row level security;
revoke all on table public.catalog_version from public, anon, authenticated, service_role;
grant select on table public.catalog_version to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_version for select
to anon, authenticated, medtime_service using (true);

alter table public.catalog_releases enable row level security;
alter table public.catalog_releases force row level security;
revoke all on table public.catalog_releases from public, anon, authenticated, service_role;
grant select on table public.catalog_releases to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_releases for select
to anon, authenticated, medtime_service using (true);

alter table public.catalog_substances enable row level security;
alter table public.catalog_substances force row level security;
revoke all on table public.catalog_substances from public, anon, authenticated, service_role;
grant select on table public.catalog_substances to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_substances for select
to anon, authenticated, medtime_service using (true);

alter table public.catalog_substance_names enable row level security;
alter table public.catalog_substance_names force row level security;
revoke all on table public.catalog_substance_names from public, anon, authenticated, service_role;
grant select on table public.catalog_substance_names to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_substance_names for select
to anon, authenticated, medtime_service using (true);

alter table public.catalog_products enable row level security;
alter table public.catalog_products force row level security;
revoke all on table public.catalog_products from public, anon, authenticated, service_role;
grant select on table public.catalog_products to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_products for select
to anon, authenticated, medtime_service using (true);

alter table public.catalog_ingredients enable row level security;
alter table public.catalog_ingredients force row level security;
revoke all on table public.catalog_ingredients from public, anon, authenticated, service_role;
grant select on table public.catalog_ingredients to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_ingredients for select
to anon, authenticated, medtime_service using (true);

alter table public.catalog_names enable row level security;
alter table public.catalog_names force row level security;
revoke all on table public.catalog_names from public, anon, authenticated, service_role;
grant select on table public.catalog_names to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_names for select
to anon, authenticated, medtime_service using (true);

alter table public.catalog_codes enable row level security;
alter table public.catalog_codes force row level security;
revoke all on table public.catalog_codes from public, anon, authenticated, service_role;
grant select on table public.catalog_codes to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_codes for select
to anon, authenticated, medtime_service using (true);

alter table public.catalog_relations enable row level security;
alter table public.catalog_relations force row level security;
revoke all on table public.catalog_relations from public, anon, authenticated, service_role;
grant select on table public.catalog_relations to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_relations for select
to anon, authenticated, medtime_service using (true);

revoke all on sequence public.catalog_releases_id_seq from public, anon, authenticated, service_role;
