select private.remove_push_device_as($1::jsonb, $2)
