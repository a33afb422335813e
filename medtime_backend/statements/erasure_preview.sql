select r.name, r.amount from private.rows_of_user($1) as r
