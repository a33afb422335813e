"""A small twin of PostgREST: what supabase-js and postgrest-py send for tables and functions, on loopback only."""
