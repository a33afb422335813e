select coalesce(extract(epoch from private.cleanup_last_success()), 0)::float8 as seconds
