select t.tier, t.storage_bytes
from private.tiers as t
order by t.storage_bytes, t.tier
