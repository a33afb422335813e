-- How text becomes words and strengths, the same for products and for queries.
create function public.catalog_plain_words()
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
return $$ {
  "de": "", "del": "", "la": "", "el": "", "los": "", "las": "", "en": "", "y": "", "e": "", "o": "", "a": "",
  "con": "", "por": "", "para": "", "of": "", "and": "", "the": "", "with": "", "for": "", "in": "", "or": "",
  "mg": "", "ml": "", "mcg": "", "ug": "", "iu": "", "ui": "", "unt": "", "units": "", "unidades": "",
  "tablets": "tablet", "tab": "tablet", "tabs": "tablet", "tableta": "tablet", "tabletas": "tablet",
  "comprimido": "tablet", "comprimidos": "tablet", "pastilla": "tablet", "pastillas": "tablet", "gragea": "tablet",
  "capsules": "capsule", "cap": "capsule", "caps": "capsule", "capsula": "capsule", "capsulas": "capsule",
  "solucion": "solution", "suspension": "suspension", "jarabe": "syrup", "crema": "cream",
  "ointment": "ointment", "unguento": "ointment", "pomada": "ointment", "gotas": "drops", "gota": "drops",
  "drop": "drops", "parche": "patch", "parches": "patch", "patches": "patch", "polvo": "powder",
  "supositorio": "suppository", "supositorios": "suppository", "suppositories": "suppository",
  "inhalador": "inhaler", "inyeccion": "injection", "inyectable": "injection", "injectable": "injection",
  "topica": "topical", "topico": "topical", "oftalmica": "ophthalmic", "oftalmico": "ophthalmic",
  "tablet": "tablet", "capsule": "capsule", "solution": "solution", "syrup": "syrup", "cream": "cream",
  "drops": "drops", "patch": "patch", "powder": "powder", "suppository": "suppository", "inhaler": "inhaler",
  "injection": "injection", "topical": "topical", "ophthalmic": "ophthalmic", "oral": "oral", "nasal": "nasal",
  "gel": "gel", "spray": "spray"
} $$::jsonb;
comment on function public.catalog_plain_words() is 'Words that are read as another: forms in either language as one of them; empty for words and units that say nothing about which drug.';
revoke all on function public.catalog_plain_words() from public, anon, authenticated, service_role;
grant execute on function public.catalog_plain_words() to anon, authenticated, medtime_service;

create function public.catalog_number(digits text)
returns numeric
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
  when digits ~ '^[1-9][0-9]{0,2}(,[0-9]{3})+([.][0-9]{1,8})?$' then replace(left(digits, 24), ',', '')::numeric
  when digits ~ '^[0-9]{1,12}([.,][0-9]{1,8})?$' then replace(digits, ',', '.')::numeric
end;
comment on function public.catalog_number(text) is 'A number as people write it: a comma before three digits groups thousands, any other is decimal. Null for what is none.';
revoke all on function public.catalog_number(text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_number(text) to anon, authenticated, medtime_service;

create function public.catalog_strength_pattern()
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return
'(?<![[:alnum:].,])([0-9]+(?:[.,][0-9]+)*)\s*'
'(mcg|mgs?|ug|µg|μg|kg|ng|gr?|gm|ml|l|ul|dl|iu|ui|unt|units?|unidades|u|meq|mmol|%)?'
'(?:\s*/\s*([0-9]+(?:[.,][0-9]+)*)?\s*(ml|l|dl|g|mg|hr?|horas?|dosis|dose|actuat))?(?![[:alnum:]])';
comment on function public.catalog_strength_pattern() is 'A strength in lower case: number, unit, and in how much of which unit; or a number alone.';
revoke all on function public.catalog_strength_pattern() from public, anon, authenticated, service_role;
grant execute on function public.catalog_strength_pattern() to anon, authenticated, medtime_service;

create function public.catalog_strengths(words text, out rest text, out exact text[], out loose text[])
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  with found as (
    select
      m.place,
      case m.parts[2]
        when 'kg' then 1000000 when 'g' then 1000 when 'gr' then 1000 when 'gm' then 1000 when 'mcg' then 0.001
        when 'ug' then 0.001 when 'µg' then 0.001 when 'μg' then 0.001 when 'ng' then 0.000001
        when 'l' then 1000 when 'dl' then 100 when 'ul' then 0.001 else 1
      end as factor,
      case
        when m.parts[2] ~ '^(kg|g|gr|gm|mgs?|mcg|[uµμ]g|ng)$' then 'mg'
        when m.parts[2] ~ '^(ml|l|dl|ul)$' then 'ml'
        when m.parts[2] ~ '^(u|iu|ui|unt|units?|unidades)$' then 'iu'
        else m.parts[2]
      end as unit,
      case m.parts[4] when 'l' then 1000 when 'dl' then 100 when 'g' then 1000 else 1 end as per_factor,
      case
        when m.parts[4] ~ '^(ml|l|dl)$' then 'ml' when m.parts[4] ~ '^m?g$' then 'mg' when m.parts[4] ~ '^h' then 'h'
        when m.parts[4] ~ '^(dos|act)' then 'dose'
      end as per_unit,
      public.catalog_number(m.parts[1]) as amount,
      coalesce(case when m.parts[3] is not null then public.catalog_number(m.parts[3]) end, 1) as per_amount,
      m.parts[3] is not null as has_per_amount,
      m.parts[1] as written
    from regexp_matches(lower(words), public.catalog_strength_pattern(), 'g') with ordinality as m (parts, place)
  ),

  named as (
    select
      place,
      '#' || coalesce(trim_scale(amount)::text, written) as bare,
      '#' || trim_scale(amount * factor)::text || unit as whole,
      '#' || trim_scale(round(amount * factor / nullif(per_amount * per_factor, 0), 6))::text || unit || '/' || per_unit
        as ratio,
      case when has_per_amount then '#' || trim_scale(per_amount)::text end as per
    from found
  )

  select
    regexp_replace(lower(words), public.catalog_strength_pattern(), ' ', 'g'),
    (select coalesce(array_agg(coalesce(ratio, whole, bare) order by place), '{}') from named),
    (
      select coalesce(array_agg(distinct t.token), '{}')
      from named as n
      cross join unnest(array[n.bare, n.whole, n.ratio, n.per]) as t (token)
      where t.token is not null
    )
$$;
comment on function public.catalog_strengths(text) is 'Strengths in a text, masses as mg and volumes as ml. exact: each as closely as it says (#50mg/ml, #10mg, #850); loose: also without unit or volume; rest: the text without them.';
revoke all on function public.catalog_strengths(text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_strengths(text) to anon, authenticated, medtime_service;

create function public.catalog_deletions(word text)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
  when word ~ '[0-9#?:~]' or length(word) not between 4 and 40 then '{}'::text[]
  else (
    select array_agg(distinct overlay(word placing '' from n for 1)) || word
    from generate_series(1, length(word)) as n
  )
end;
comment on function public.catalog_deletions(text) is 'A word and what is left of it without one letter; empty for short words and those with digits, which are never read as another.';
revoke all on function public.catalog_deletions(text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_deletions(text) to anon, authenticated, medtime_service;

create function public.catalog_sound(word text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
  when word ~ '[0-9#?:~]' then word
  else regexp_replace(
    regexp_replace(
      replace(replace(replace(replace(replace(word, 'ph', 'f'), 'th', 't'), 'ch', 'c'), 'rh', 'r'), 'y', 'i'),
      '(.)\1', '\1', 'g'
    ),
    '[aeo]+$', ''
  )
end;
comment on function public.catalog_sound(text) is 'A word as it sounds in English and Spanish names of substances alike: hydrochlorothiazide, hidroclorotiazida.';
revoke all on function public.catalog_sound(text) from public, anon, authenticated, service_role;
grant execute on function public.catalog_sound(text) to anon, authenticated, medtime_service;
