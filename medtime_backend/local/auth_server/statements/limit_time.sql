-- For the rest of this transaction.
select set_config('statement_timeout', $1, true)
