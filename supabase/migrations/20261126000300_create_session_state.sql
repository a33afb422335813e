-- Whether an access token's session still lives: tokens are verified without the database, so a sign-out is only
-- seen by asking. The service asks this and remembers the answer for a minute.
create function private.session_state(session_id uuid, user_id uuid)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
-- Sessions of the service live long and keep plans: none may read a whole table.
set enable_seqscan = off
set jit = off
as $$
  select case
    when u.id is null or u.deleted_at is not null then 'unknown-user'
    when u.banned_until > now() then 'banned'
    when s.id is null or s.not_after <= now() then 'ended'
    else 'live'
  end
  from (values (session_state.session_id, session_state.user_id)) as asked (session_id, user_id)
  left join auth.users as u on asked.user_id = u.id
  left join auth.sessions as s on asked.session_id = s.id and asked.user_id = s.user_id
$$;
comment on function private.session_state(uuid, uuid) is 'live; ended: the user has no such session (any more), or its time is over; unknown-user: no such user, or deleted (softly too); banned. A user''s state comes before the session''s.';
revoke all on function private.session_state(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.session_state(uuid, uuid) to medtime_service;
