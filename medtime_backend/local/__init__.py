"""The embedded stack: Postgres, Valkey, a local auth server and the service, without Docker. Never in production."""
