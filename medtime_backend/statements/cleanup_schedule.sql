select private.schedule_cleanup($1)
