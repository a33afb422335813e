-- What a search reads: one document for each product, and the words they are made of. Derived from the other tables of
-- the catalog by private.index_catalog, which each seed calls for what it changed.
create table public.catalog_documents (
  product_id text primary key references public.catalog_products (id) on delete cascade,
  rank integer not null,
  tokens tsvector not null,
  mixture uuid,
  head_of text,
  substances text[] not null,
  source text not null,
  country text not null,
  status text not null
);
comment on table public.catalog_documents is 'What a search reads of a product: its words, and where it stands among others that fit as well.';
comment on column public.catalog_documents.product_id is 'The product.';
comment on column public.catalog_documents.rank is 'Small comes first: active ones, few ingredients, an ingredient or brand before drugs, short names.';
comment on column public.catalog_documents.tokens is 'Words of all its names and of those of its substances; strengths (#10mg); #none and ?form where it tells none; form:tablet; ~cotrimoxazole for a name that is written in parts.';
comment on column public.catalog_documents.mixture is 'MD5 of its substances: the same for all products made of the same ones. Null where a substance is not known.';
comment on column public.catalog_documents.head_of is 'The substance, where the product is nothing but that ingredient: the substance''s names are its own.';
comment on column public.catalog_documents.substances is 'Ids of its substances, sorted.';
comment on column public.catalog_documents.source is 'As of the product.';
comment on column public.catalog_documents.country is 'As of the product.';
comment on column public.catalog_documents.status is 'As of the product.';
create index catalog_documents_tokens on public.catalog_documents using gin (tokens);
create index catalog_documents_rank on public.catalog_documents (rank, product_id);
create index catalog_documents_mixture on public.catalog_documents (mixture, rank, product_id);
create index catalog_documents_head on public.catalog_documents (head_of) where head_of is not null;

create table public.catalog_lexicon (
  word text primary key check (octet_length(word) between 1 and 400),
  products integer not null,
  sound text not null,
  deletions text[] not null
);
comment on table public.catalog_lexicon is 'Every word of the documents: how many have it, and how it is found when misspelt.';
comment on column public.catalog_lexicon.word is 'The word, as in tokens.';
comment on column public.catalog_lexicon.products is 'How many documents have it.';
comment on column public.catalog_lexicon.sound is 'Of a word in the names of substances: how it sounds in English and Spanish alike (public.catalog_sound). Of others empty.';
comment on column public.catalog_lexicon.deletions is 'The word and all that is left of it without one letter (public.catalog_deletions): two words that share one differ by one slip.';
create index catalog_lexicon_word on public.catalog_lexicon (word collate "C") include (products);
create index catalog_lexicon_sound on public.catalog_lexicon (sound) where sound <> '';
create index catalog_lexicon_deletions on public.catalog_lexicon using gin (deletions);
create index catalog_lexicon_trigrams on public.catalog_lexicon using gin (word extensions.gin_trgm_ops)
where word !~ '[0-9#?:~]';

-- Names are searched by their beginning, in the order of their bytes. Long ones would not fit into an index.
create index catalog_names_beginning on public.catalog_names ((left(folded, 100)) collate "C", product_id);
create index catalog_substance_names_beginning on public.catalog_substance_names (
  (left(folded, 100)) collate "C", substance_id
);

alter table public.catalog_documents enable row level security;
alter table public.catalog_documents force row level security;
revoke all on table public.catalog_documents from public, anon, authenticated, service_role;
grant select on table public.catalog_documents to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_documents for select
to anon, authenticated, medtime_service using (true);

alter table public.catalog_lexicon enable row level security;
alter table public.catalog_lexicon force row level security;
revoke all on table public.catalog_lexicon from public, anon, authenticated, service_role;
grant select on table public.catalog_lexicon to anon, authenticated, medtime_service;
create policy "everybody may read the catalog" on public.catalog_lexicon for select
to anon, authenticated, medtime_service using (true);
