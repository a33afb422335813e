update private.wakeup_settings
set
  coalescing_window = coalesce(make_interval(secs => $1::float8), coalescing_window),
  most_attempts = coalesce($2::integer, most_attempts)
