-- Documents and lexicon follow the catalog: whoever changes products calls this in the same transaction.
create function private.catalog_tokens(product_ids text[])
returns table (product_id text, tokens tsvector)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with plain as materialized (
    select w.key as word, w.value as reading from jsonb_each_text(public.catalog_plain_words()) as w
  ),

  chosen as materialized (
    select p.id, p.name, p.form from public.catalog_products as p
    where p.id = any(product_ids)
  ),

  contents as materialized (
    select i.product_id, i.substance_id, i.name, concat(i.amount, i.unit, '/' || i.per_amount || i.per_unit) as strength
    from public.catalog_ingredients as i
    where i.product_id = any(product_ids)
  ),

  -- Short names also as one word: co-trimoxazole, cotrimoxazole, co trimoxazole.
  own_words as (
    select n.product_id, w.word
    from public.catalog_names as n
    cross join string_to_table(n.folded, ' ') as w (word)
    where n.product_id = any(product_ids)
    union
    select n.product_id, '~' || replace(n.folded, ' ', '')
    from public.catalog_names as n
    where n.product_id = any(product_ids) and n.folded ~ '^[^ ]{1,20} [^ ]{1,20}( [^ ]{1,20})?$'
    union
    select c.product_id, w.word
    from contents as c
    cross join string_to_table(public.catalog_fold(c.name), ' ') as w (word)
    where c.substance_id is null
  ),

  -- A mixture whose substances are all known may have a name of its own.
  mixture_words as (
    select c.product_id, w.word
    from (
      select c.product_id, md5(string_agg(distinct c.substance_id, '+' order by c.substance_id))::uuid as mixture
      from contents as c
      group by c.product_id
      having count(*) > 1 and bool_and(c.substance_id is not null)
    ) as c
    inner join public.catalog_mixture_names as n on c.mixture = n.mixture
    cross join lateral (
      select t.word from string_to_table(n.folded, ' ') as t (word)
      union
      select '~' || replace(n.folded, ' ', '')
      where n.folded ~ '^[^ ]{1,20} [^ ]{1,20}$'
    ) as w
  ),

  substance_words as materialized (
    select s.substance_id, w.word
    from public.catalog_substance_names as s
    cross join string_to_table(s.folded, ' ') as w (word)
    where s.substance_id in (select c.substance_id from contents as c)
    union
    select s.substance_id, '~' || replace(s.folded, ' ', '')
    from public.catalog_substance_names as s
    where
      s.substance_id in (select c.substance_id from contents as c)
      and s.folded ~ '^[^ ]{1,20} [^ ]{1,20}$'
  ),

  -- Few forms for many products.
  forms as materialized (
    select f.form, coalesce(p.reading, w.word) as word
    from (select distinct c.form from chosen as c) as f
    cross join string_to_table(public.catalog_fold(f.form), ' ') as w (word)
    left join plain as p on w.word = p.word
    where w.word <> '' and p.reading is distinct from ''
  ),

  form_words as (
    select c.id as product_id, f.word
    from chosen as c
    inner join forms as f using (form)
  ),

  words as (
    select o.product_id, coalesce(p.reading, left(o.word, 100)) as word
    from (
      select product_id, word from own_words
      union
      select product_id, word from mixture_words
      union
      select c.product_id, s.word
      from contents as c
      inner join substance_words as s using (substance_id)
    ) as o
    left join plain as p on o.word = p.word
    where o.word !~ '^[0-9]*$' and p.reading is distinct from ''
  ),

  -- Few strengths for many products too, and reading one takes longer than finding it.
  fragments as materialized (
    select c.id as product_id, m.parts[1] as fragment
    from chosen as c
    cross join regexp_matches(lower(c.name), '(' || public.catalog_strength_pattern() || ')', 'g') as m (parts)
    union
    select i.product_id, lower(i.strength) from contents as i
    where i.strength <> ''
  ),

  readings as materialized (
    select f.fragment, s.loose
    from (select distinct fragment from fragments) as f
    cross join public.catalog_strengths(f.fragment) as s
  ),

  strengths as materialized (
    select f.product_id, l.token
    from fragments as f
    inner join readings as r using (fragment)
    cross join unnest(r.loose) as l (token)
  )

  select t.product_id, array_to_tsvector(array_agg(distinct t.token))
  from (
    select product_id, word as token from words
    union all
    select product_id, word from form_words
    union all
    select product_id, 'form:' || word from form_words
    union all
    select id, '?form' from chosen
    where form is null
    union all
    select product_id, token from strengths
    union all
    select c.id, '#none' from chosen as c
    where not exists (
      select from strengths as s
      where s.product_id = c.id
    )
  ) as t
  where t.token <> ''
  group by t.product_id
$$;
comment on function private.catalog_tokens(text[]) is 'The tokens of the products'' documents.';
revoke all on function private.catalog_tokens(text[]) from public, anon, authenticated, service_role;

create function private.index_catalog(product_ids text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  gone jsonb;
begin
  select jsonb_object_agg(t.word, t.products) into gone from (
    select w.word, count(*) as products
    from public.catalog_documents as d
    cross join unnest(tsvector_to_array(d.tokens)) as w (word)
    where d.product_id = any(index_catalog.product_ids)
    group by w.word
  ) as t;
  delete from public.catalog_documents as d
  where d.product_id = any(index_catalog.product_ids);

  with came as (
    insert into public.catalog_documents (
      product_id, rank, tokens, mixture, head_of, substances, source, country, status
    )
    select
      p.id,
      (case when p.status = 'active' then 0 else 1 end << 28)
      + (least(greatest(c.ingredients, 1), 31)::integer << 20)
      + (
        array_position(
          array['ingredient', 'brand', 'product', 'clinical-drug', 'branded-drug', 'pack'], p.kind
        ) << 13
      )
      + least(length(p.name), 8191),
      t.tokens,
      case when c.ingredients > 0 and c.known then md5(array_to_string(c.substances, '+'))::uuid end,
      case when p.kind = 'ingredient' and c.ingredients = 1 then c.substances[1] end,
      coalesce(c.substances, '{}'),
      p.source, p.country, p.status
    from private.catalog_tokens(index_catalog.product_ids) as t
    inner join public.catalog_products as p on t.product_id = p.id
    left join (
      select
        i.product_id,
        array_agg(distinct i.substance_id order by i.substance_id) filter (where i.substance_id is not null)
          as substances,
        count(distinct coalesce(i.substance_id, i.name)) as ingredients,
        bool_and(i.substance_id is not null) as known
      from public.catalog_ingredients as i
      where i.product_id = any(index_catalog.product_ids)
      group by i.product_id
    ) as c on p.id = c.product_id
    returning tokens
  ),

  counts as (
    select c.word, sum(c.products) as products
    from (
      select w.word, count(*) as products
      from came
      cross join unnest(tsvector_to_array(came.tokens)) as w (word)
      group by w.word
      union all
      select g.key, -g.value::bigint from jsonb_each_text(gone) as g
    ) as c
    group by c.word
    having sum(c.products) <> 0
  ),

  known as (
    update public.catalog_lexicon as l
    set products = l.products + c.products
    from counts as c
    where l.word = c.word
    returning l.word
  )

  insert into public.catalog_lexicon (word, products, sound, deletions)
  select c.word, c.products, '', public.catalog_deletions(c.word) from counts as c
  where not exists (
    select from known as k
    where k.word = c.word
  );
  delete from public.catalog_lexicon where products <= 0;
  -- Only names of substances are written in both languages: a brand that sounds alike is another brand.
  update public.catalog_lexicon as l
  set sound = public.catalog_sound(l.word)
  where l.sound = '' and l.word in (
    select w.word from public.catalog_substance_names as n
    cross join string_to_table(n.folded, ' ') as w (word)
    union all
    select w.word from public.catalog_mixture_names as n
    cross join string_to_table(n.folded, ' ') as w (word)
  );
end
$$;
comment on function private.index_catalog(text[]) is 'Writes the documents of these products anew, and keeps the lexicon. For a seed, in its transaction: all products that changed, or whose substances or their names did.';
revoke all on function private.index_catalog(text[]) from public, anon, authenticated, service_role;

-- What was seeded before there was a search.
select private.index_catalog(array(select p.id from public.catalog_products as p));
