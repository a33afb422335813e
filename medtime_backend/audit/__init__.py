"""The policy audit: proves by execution who may do what in a database, and compares it with what `policies/` declares."""
