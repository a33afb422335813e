-- The catalog's search, and what that is made of.
--
-- Who may do what, and why
--   The catalog is everybody's. Each runs as the caller, on tables that everybody may read, and is bounded whatever it is
--   asked.
--
-- | function                        | execute                           |
-- |---------------------------------|-----------------------------------|
-- | public.catalog_fold             | every user, anon, medtime_service |
-- | public.catalog_plain_words      | every user, anon, medtime_service |
-- | public.catalog_number           | every user, anon, medtime_service |
-- | public.catalog_strength_pattern | every user, anon, medtime_service |
-- | public.catalog_strengths        | every user, anon, medtime_service |
-- | public.catalog_deletions        | every user, anon, medtime_service |
-- | public.catalog_sound            | every user, anon, medtime_service |
-- | public.catalog_corrections      | every user, anon, medtime_service |
-- | public.catalog_pattern          | every user, anon, medtime_service |
-- | public.catalog_codes_of         | every user, anon, medtime_service |
-- | public.catalog_named            | every user, anon, medtime_service |
-- | public.catalog_worded           | every user, anon, medtime_service |
-- | public.catalog_question         | every user, anon, medtime_service |
-- | public.catalog_matches          | every user, anon, medtime_service |
-- | public.catalog_hit              | every user, anon, medtime_service |
-- | public.catalog_suggestions      | every user, anon, medtime_service |
-- | public.catalog_search_faults    | every user, anon, medtime_service |
-- | public.catalog_search           | every user, anon, medtime_service |
-- | public.catalog_release          | every user, anon, medtime_service |
-- | public.catalog_product          | every user, anon, medtime_service |
-- | public.catalog_sources          | every user, anon, medtime_service |

revoke all on function
public.catalog_fold(text),
public.catalog_plain_words(),
public.catalog_number(text),
public.catalog_strength_pattern(),
public.catalog_strengths(text),
public.catalog_deletions(text),
public.catalog_sound(text),
public.catalog_corrections(text),
public.catalog_pattern(text[], text),
public.catalog_codes_of(text),
public.catalog_named(text[], text[]),
public.catalog_worded(text[], text),
public.catalog_question(text),
public.catalog_matches(jsonb),
public.catalog_hit(text, integer, text[], text[], text[], text),
public.catalog_suggestions(text[]),
public.catalog_search_faults(text, text, text, text, text, text, text, integer, text),
public.catalog_search(text, text, text, text, text, text, text, integer, text),
public.catalog_release(bigint),
public.catalog_product(text),
public.catalog_sources()
from public, anon, authenticated, service_role;
grant execute on function
public.catalog_fold(text),
public.catalog_plain_words(),
public.catalog_number(text),
public.catalog_strength_pattern(),
public.catalog_strengths(text),
public.catalog_deletions(text),
public.catalog_sound(text),
public.catalog_corrections(text),
public.catalog_pattern(text[], text),
public.catalog_codes_of(text),
public.catalog_named(text[], text[]),
public.catalog_worded(text[], text),
public.catalog_question(text),
public.catalog_matches(jsonb),
public.catalog_hit(text, integer, text[], text[], text[], text),
public.catalog_suggestions(text[]),
public.catalog_search_faults(text, text, text, text, text, text, text, integer, text),
public.catalog_search(text, text, text, text, text, text, text, integer, text),
public.catalog_release(bigint),
public.catalog_product(text),
public.catalog_sources()
to anon, authenticated, medtime_service;
