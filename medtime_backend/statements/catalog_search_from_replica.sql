select
  public.catalog_search($1, $2, $3, $4, $5, $6, $7, $8, $9)::text as answer,
  (select version from public.catalog_version) as version
