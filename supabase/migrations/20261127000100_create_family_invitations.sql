-- How an owner invites a caregiver, and what becomes of the invitation. The code is shown once and stored hashed. Whoever
-- changes a link holds the lock of a user of it, so of two who do so at once the second sees what the first has done.
create function private.lock_live_users(users uuid[])
returns uuid[]
language sql
set search_path = pg_catalog, pg_temp
as $$
  -- In one order, and before any link: deleting a user locks it and then its links. Writes of entities, and whatever
  -- refers to the user, go on meanwhile.
  select coalesce(array_agg(u.id), '{}')
  from (
    select a.id
    from auth.users as a
    where
      a.id = any(lock_live_users.users)
      and a.deleted_at is null
      and coalesce(a.banned_until <= now(), true)
    order by a.id
    for no key update
  ) as u
$$;
comment on function private.lock_live_users(uuid[]) is 'Takes the locks of these users and holds them to commit; returns those that are there, neither deleted (softly too) nor banned. Called by our definer functions only.';
revoke all on function private.lock_live_users(uuid[]) from public, anon, authenticated, service_role;

create function private.hash_of_code(code text)
returns bytea
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- People type and paste codes: with blanks, any kind of hyphen, in capitals.
  plain constant text := lower(regexp_replace(left(code, 200), '[^0-9A-Za-z]', '', 'g'));
begin
  if plain ~ '^[0-9a-f]{32}$' then
    return sha256(decode(plain, 'hex'));
  end if;
  return null;
end
$$;
comment on function private.hash_of_code(text) is 'SHA-256 of the 16 bytes that a code stands for: 32 hex characters of any case, with whatever signs between them. Null when it is no code. Called by our definer functions only.';
revoke all on function private.hash_of_code(text) from public, anon, authenticated, service_role;

create function private.keep_caregiver_cap(owner uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if (
    select count(*) from public.srv_family_links as l where l.supervised_user_id = owner and l.status = 'active'
  ) >= 200 then
    perform private.raise_problem('MT403', 'too-many-caregivers', '{"limit": 200}');
  end if;
end
$$;
comment on function private.keep_caregiver_cap(uuid) is 'Refuses one more caregiver for an owner who has 200; the owner''s lock must be held. Raises too-many-caregivers (MT403). Called by our definer functions only.';
revoke all on function private.keep_caregiver_cap(uuid) from public, anon, authenticated, service_role;

create function private.invite_caregiver(valid_for interval, out id uuid, out code text, out expires_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- Sessions live long and keep plans: none may read all links.
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  caller constant uuid := auth.uid();
  -- In seconds: a month would have 28 to 31 days, and a day 23 to 25 hours.
  lifetime constant double precision := extract(epoch from valid_for);
  -- Two random UUIDs hold 244 random bits, their hash evenly in each of its bytes.
  secret constant bytea := substr(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 1, 16);
begin
  if lifetime is null or lifetime not between 60 and 2592000 then
    perform private.raise_problem('MT400', 'invalid-field', '{"field": "valid_for"}');
  end if;
  if private.lock_live_users(array[caller]) = '{}' then
    perform private.raise_problem('MT401', 'unknown-user');
  end if;
  perform private.keep_caregiver_cap(caller);
  if (
    select count(*)
    from public.srv_family_links as l
    where
      l.supervised_user_id = caller and l.supervisor_id is null
      and l.status = 'pending' and l.expires_at > now()
  ) >= 20 then
    perform private.raise_problem('MT403', 'too-many-invitations', '{"limit": 20}');
  end if;
  -- The newest that have ended stay, so that their owner sees how; without an end, they would pile up.
  delete from public.srv_family_links as l
  where l.id in (
    select e.id
    from public.srv_family_links as e
    where
      e.supervised_user_id = caller and e.supervisor_id is null
      and (e.status = 'revoked' or e.expires_at <= now())
    order by e.updated_at desc
    offset 20
  );
  code := regexp_replace(encode(secret, 'hex'), '(.{4})(?=.)', '\1-', 'g');
  insert into public.srv_family_links as l (supervised_user_id, code_hash, expires_at)
  values (caller, private.hash_of_code(code), now() + make_interval(secs => lifetime))
  returning l.id, l.expires_at into id, expires_at;
end
$$;
comment on function private.invite_caregiver(interval) is 'What public.srv_invite_caregiver does.';

create function private.lock_invitation(code text)
returns public.srv_family_links
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  caller constant uuid := auth.uid();
  hash constant bytea := private.hash_of_code(code);
  owner uuid;
  live uuid[];
  invitation public.srv_family_links;
begin
  select l.supervised_user_id into owner from public.srv_family_links as l where l.code_hash = hash;
  live := private.lock_live_users(array[caller, owner]);
  if not coalesce(caller = any(live), false) then
    perform private.raise_problem('MT401', 'unknown-user');
  end if;
  -- Again, now that nothing of it can change.
  select l.* into invitation from public.srv_family_links as l where l.code_hash = hash;
  if invitation.supervised_user_id = caller then
    perform private.raise_problem('MT422', 'own-invitation');
  end if;
  if invitation.id is null or invitation.supervised_user_id <> all(live)
    or invitation.supervisor_id <> caller then
    perform private.raise_problem('MT404', 'invitation-unknown');
  end if;
  if invitation.expires_at <= now() then
    perform private.raise_problem('MT410', 'invitation-expired');
  end if;
  return invitation;
end
$$;
comment on function private.lock_invitation(text) is 'The invitation of a code, open or accepted by the caller, with the locks of both users held. Raises invitation-unknown (MT404) alike for whatever nobody has, or the caller may not know; own-invitation (MT422), invitation-expired (MT410), unknown-user (MT401). Called by our definer functions only.';
revoke all on function private.lock_invitation(text) from public, anon, authenticated, service_role;

create function private.accept_invitation(code text)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  caller constant uuid := auth.uid();
  invitation constant public.srv_family_links := private.lock_invitation(code);
  earlier public.srv_family_links;
begin
  if invitation.status = 'active' then
    return invitation.id;
  end if;
  select l.* into earlier
  from public.srv_family_links as l
  where l.supervisor_id = caller and l.supervised_user_id = invitation.supervised_user_id;
  if earlier.status = 'active' then
    -- The link takes the code over, so that a retry is answered alike.
    delete from public.srv_family_links as l where l.id = invitation.id;
    update public.srv_family_links as l set code_hash = invitation.code_hash where l.id = earlier.id;
    return earlier.id;
  end if;
  if (
    select count(*) from public.srv_family_links as l where l.supervisor_id = caller and l.status = 'active'
  ) >= 200 then
    perform private.raise_problem('MT403', 'too-many-owners', '{"limit": 200}');
  end if;
  perform private.keep_caregiver_cap(invitation.supervised_user_id);
  delete from public.srv_family_links as l where l.id = earlier.id;
  update public.srv_family_links as l
  set supervisor_id = caller, status = 'active', expires_at = null, updated_at = now()
  where l.id = invitation.id;
  return invitation.id;
end
$$;
comment on function private.accept_invitation(text) is 'What public.srv_accept_invitation does; returns the link.';

create function private.decline_invitation(code text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  invitation constant public.srv_family_links := private.lock_invitation(code);
begin
  if invitation.status <> 'pending' then
    perform private.raise_problem('MT404', 'invitation-unknown');
  end if;
  update public.srv_family_links as l
  set status = 'revoked', code_hash = null, expires_at = null, updated_at = now()
  where l.id = invitation.id;
end
$$;
comment on function private.decline_invitation(text) is 'What public.srv_decline_invitation does.';

create function private.revoke_link(link uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  caller constant uuid := auth.uid();
begin
  if private.lock_live_users(array[caller]) = '{}' then
    perform private.raise_problem('MT401', 'unknown-user');
  end if;
  if not exists (
    select
    from public.srv_family_links as l
    where l.id = link and caller in (l.supervised_user_id, l.supervisor_id)
  ) then
    perform private.raise_problem('MT404', 'link-unknown');
  end if;
  update public.srv_family_links as l
  set status = 'revoked', code_hash = null, expires_at = null, updated_at = now()
  where l.id = link and l.status <> 'revoked';
end
$$;
comment on function private.revoke_link(uuid) is 'What public.srv_revoke_link does.';

revoke all on function
private.invite_caregiver(interval), private.accept_invitation(text), private.decline_invitation(text),
private.revoke_link(uuid)
from public, anon, authenticated, service_role;
grant execute on function
private.invite_caregiver(interval), private.accept_invitation(text), private.decline_invitation(text),
private.revoke_link(uuid)
to authenticated;
