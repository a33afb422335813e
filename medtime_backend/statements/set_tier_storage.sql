update private.tiers set storage_bytes = $2
where tier = $1
returning tier
