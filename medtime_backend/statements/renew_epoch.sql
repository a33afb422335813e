select private.renew_epoch()
