update public.catalog_version set version = version + 1 returning version
