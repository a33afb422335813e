select private.register_push_device_as($1::jsonb, $2, $3, $4, $5)
