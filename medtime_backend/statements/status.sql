select private.status_as($1::jsonb, $2, $3) as status
