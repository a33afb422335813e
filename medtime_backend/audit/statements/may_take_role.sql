-- Whether this session may SET ROLE to $1. Postgres 15 has no SET option: a member may.
select case
  when current_setting('server_version_num')::integer >= 160000 then pg_has_role($1, 'SET')
  else pg_has_role($1, 'MEMBER')
end
