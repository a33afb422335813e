-- Scope local ends this session, others all but this, global all of the user. Their tokens go with them.
delete from auth.sessions
where
  user_id = $1
  and case $3
    when 'local' then id = $2
    when 'others' then id <> $2
    else true
  end
