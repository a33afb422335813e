select private.unschedule_cleanup()
