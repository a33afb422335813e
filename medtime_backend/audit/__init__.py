"""The policy audit: proves by execution who may do what compared with what `policies/` declares."""
