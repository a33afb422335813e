"""The MedTime service: a zero-knowledge relay beside a Supabase project."""
