update auth.refresh_tokens set revoked = true, updated_at = now()
where token = $1 and not revoked
