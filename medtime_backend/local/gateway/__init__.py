"""The one address of the embedded stack's Supabase: /auth/v1, /rest/v1 and /functions/v1, on loopback only."""
