-- What Supabase Auth calls before it signs a token.
--
-- Who may do what, and why
--   The access token hook is Auth's alone.
--
-- | function                        | execute             |
-- |---------------------------------|---------------------|
-- | public.custom_access_token_hook | supabase_auth_admin |

revoke all on function public.custom_access_token_hook(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.custom_access_token_hook(jsonb) to supabase_auth_admin;
