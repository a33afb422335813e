select private.begin_erasure($1)
