select private.cleanup(run => $1, older_than => $2, batch => $3, ran_by => 'cli')
