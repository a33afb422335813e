select private.wakeup_state() as state
