select private.finish_erasure($1)
