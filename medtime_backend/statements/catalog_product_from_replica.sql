select
  public.catalog_product($1)::text as answer,
  (select version from public.catalog_version) as version
