select case
  when not pg_is_in_recovery() then 'promoted'
  -- Positions of two histories compare too, and mean nothing.
  when
    $2 <> (select s.system_identifier from pg_control_system() as s)
    or $3 <> (select r.min_recovery_end_timeline from pg_control_recovery() as r)
    then 'other-history'
  when pg_last_wal_replay_lsn() >= $1::text::pg_lsn then ''
  else 'behind'
end as fault
