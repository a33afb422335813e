select public.custom_access_token_hook($1::jsonb)
