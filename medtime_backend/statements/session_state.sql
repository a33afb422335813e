select private.session_state($1, $2) as state
