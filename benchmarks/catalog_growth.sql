-- Makes the catalog as many times as large as medtime.copies says, out of itself: every second copy under names that exist nowhere else.
create temporary table copies on commit drop as
select
  n, n % 2 = 1 as renamed,
  -- Another permutation of the letters for each copy, vowels for vowels: words of the same shape.
  substring('aeiou' from 1 + n % 5) || left('aeiou', n % 5) as vowels,
  substring('bcdfghjklmnpqrstvwxyz' from 1 + n % 21) || left('bcdfghjklmnpqrstvwxyz', n % 21) as consonants
from generate_series(1, current_setting('medtime.copies')::integer - 1) as n;

create function pg_temp.other(words text, vowels text, consonants text) returns text language sql immutable
return (
  select string_agg(case
    when length(w.word) > 4 and w.word !~ '[0-9]' and lower(w.word) not in ('tablet', 'capsule', 'solution', 'injection')
      then translate(lower(w.word), 'aeioubcdfghjklmnpqrstvwxyz', vowels || consonants)
    else w.word
  end, ' ' order by w.place)
  from string_to_table(words, ' ') with ordinality as w (word, place)
);

create temporary table originals on commit drop as
select * from public.catalog_products;
create temporary table other_words on commit drop as
select distinct w.name, c.n, pg_temp.other(w.name, c.vowels, c.consonants) as other
from (
  select name from public.catalog_products
  union
  select name from public.catalog_names
  union
  select name from public.catalog_substance_names
  union
  select name_en from public.catalog_substances
  union
  select name_es from public.catalog_substances
  where name_es is not null
) as w
cross join copies as c
where c.renamed;
create unique index on other_words (name, n);
analyze other_words;

insert into public.catalog_substances (id, name_en, name_es)
select left(s.id, 110) || '-' || c.n, o.other, e.other
from public.catalog_substances as s
cross join copies as c
inner join other_words as o on s.name_en = o.name and c.n = o.n
left join other_words as e on s.name_es = e.name and c.n = e.n;

insert into public.catalog_substance_names (folded, substance_id, name, language, kind)
select public.catalog_fold(o.other), left(s.substance_id, 110) || '-' || c.n, o.other, s.language, s.kind
from public.catalog_substance_names as s
cross join copies as c
inner join other_words as o on s.name = o.name and c.n = o.n
on conflict do nothing;

insert into public.catalog_products (
  id, source, kind, name, language, country, brand, form, route, holder, status, status_on, details, fingerprint,
  first_release_id, last_release_id
)
select
  p.id || '.' || c.n, p.source, p.kind, coalesce(o.other, p.name), p.language, p.country, p.brand, p.form, p.route,
  p.holder, p.status, p.status_on, p.details, p.fingerprint, p.first_release_id, p.last_release_id
from originals as p
cross join copies as c
left join other_words as o on p.name = o.name and c.n = o.n;

insert into public.catalog_names (product_id, folded, name, language, kind)
select
  s.product_id || '.' || c.n, public.catalog_fold(coalesce(o.other, s.name)), coalesce(o.other, s.name), s.language,
  s.kind
from public.catalog_names as s
cross join copies as c
left join other_words as o on s.name = o.name and c.n = o.n
on conflict do nothing;

insert into public.catalog_ingredients (
  product_id, place, name, substance_id, strength, amount, unit, per_amount, per_unit
)
select
  s.product_id || '.' || c.n, s.place, s.name,
  case when c.renamed then left(s.substance_id, 110) || '-' || c.n else s.substance_id end,
  s.strength, s.amount, s.unit, s.per_amount, s.per_unit
from public.catalog_ingredients as s
cross join copies as c;

insert into public.catalog_codes (product_id, system, code, folded)
select s.product_id || '.' || c.n, s.system, s.code || '.' || c.n, s.folded || c.n
from public.catalog_codes as s
cross join copies as c;
