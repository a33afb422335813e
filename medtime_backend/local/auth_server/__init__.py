"""A stand-in for Supabase Auth: the part of its API that clients of this project use, on loopback only."""
