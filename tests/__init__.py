"""Tests on real parts: Postgres, Valkey, HTTP, Deno and the official Supabase CLI."""
