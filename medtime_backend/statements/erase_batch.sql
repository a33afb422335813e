select b.removed, b.reached from private.erase_batch($1, $2, $3) as b
