"""Edge functions on loopback: each a Deno process, started when it is first called, as Supabase's runtime does."""
