select 1 as ready
