select public.catalog_product($1)::text as answer
