"""The embedded stack: Postgres, Valkey, a twin of Supabase's gateway and the service. Never in production."""
