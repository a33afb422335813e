-- What a file says, in the shape of the catalog's tables. Temporary, so nothing is left whatever happens.
create temporary table stage_products (
  id text primary key,
  kind text,
  name text collate "C",
  language text,
  country text,
  brand text,
  form text,
  route text,
  holder text, status text, status_on date, successor_id text, details jsonb
) on commit drop;

create temporary table stage_ingredients (
  product_id text,
  place smallint,
  name text collate "C",
  lookup text collate "C",
  strength text,
  amount numeric,
  unit text,
  per_amount numeric, per_unit text,
  folded text generated always as (public.catalog_fold(lookup)) stored
) on commit drop;

create temporary table stage_names (
  product_id text, name text collate "C", language text, kind text,
  folded text generated always as (public.catalog_fold(name)) stored
) on commit drop;

create temporary table stage_codes (
  product_id text, system text, code text collate "C", folded text
) on commit drop;

create temporary table stage_relations (
  product_id text, kind text, target_id text
) on commit drop;

-- Names of substances in groups of one substance each. Level: who says so, the most trusted first (1 our pairs,
-- 2 RxNorm, 3 the source's own salts, 4 names nobody knows yet). Rank 0: a name of the substance itself, by which it
-- may be known already; 1: a salt or synonym.
create temporary table stage_substances (
  level smallint, grp text, rank smallint, place integer, name text collate "C", language text, kind text,
  folded text generated always as (public.catalog_fold(name)) stored
) on commit drop;

-- Names of mixtures: substances by a name of each, with ';' between.
create temporary table stage_mixtures (
  name text, language text, kind text, substances text,
  folded text generated always as (public.catalog_fold(name)) stored
) on commit drop;

create temporary table stage_salt_words (word text) on commit drop;

-- What was changed of the substances: the catalog's version grows if anything was.
create temporary table stage_touched (what text) on commit drop;

-- What each substance is called before this seed: products whose substances get other names are found by other words.
create temporary table stage_names_before on commit drop as
select substance_id, md5(string_agg(folded, ',' order by folded)) as names
from public.catalog_substance_names
group by substance_id;
