insert into public.catalog_releases (
  source, released_on, origin, sha256, products, added, changed, withdrawn, rejected, left_out
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)
returning id
