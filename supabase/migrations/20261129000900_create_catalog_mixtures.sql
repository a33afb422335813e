-- Some mixtures have a name of their own: co-trimoxazole is sulfamethoxazole with trimethoprim.
create table public.catalog_mixture_names (
  folded text not null check (octet_length(folded) between 1 and 1024),
  mixture uuid not null,
  name text not null check (octet_length(name) between 1 and 1024),
  language text not null check (language in ('en', 'es', 'la', '')),
  kind text not null check (kind in ('ban', 'synonym')),
  primary key (folded, mixture)
);
comment on table public.catalog_mixture_names is 'Names of substances that are given together.';
comment on column public.catalog_mixture_names.folded is 'public.catalog_fold of the name.';
comment on column public.catalog_mixture_names.mixture is 'MD5 of the ids of its substances, sorted, as in catalog_documents.';
comment on column public.catalog_mixture_names.name is 'The name as written.';
comment on column public.catalog_mixture_names.language is 'en, es, la, or empty where it is the same everywhere.';
comment on column public.catalog_mixture_names.kind is 'What kind of name.';
create index catalog_mixture_names_beginning on public.catalog_mixture_names ((left(folded, 100)) collate "C", mixture);
create index catalog_mixture_names_mixture on public.catalog_mixture_names (mixture);

alter table public.catalog_mixture_names enable row level security;
alter table public.catalog_mixture_names force row level security;
revoke all on table public.catalog_mixture_names from public, anon, authenticated, service_role;
grant select on table public.catalog_mixture_names to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_mixture_names for select
to anon, authenticated, medtime_service using (true);
