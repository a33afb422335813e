"""The embedded stack: Postgres, Valkey, a twin of Supabase's gateway, the service, without Docker. Never in production."""
