select pg_catalog.to_regclass(
  case
    when $1::text is null then pg_catalog.format('%I', $2::text)
    else pg_catalog.format('%I.%I', $1::text, $2::text)
  end
)::oid::bigint
