"""The embedded stack: Postgres, Valkey, a twin of Supabase's gateway, the service; no Docker. Never in production."""
