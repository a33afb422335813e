-- What an app calls, by RPC: invoker functions over the definer ones of `private`, which the API does not expose.
create function private.live_caller()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select
    from auth.users as u
    where u.id = auth.uid() and u.deleted_at is null and coalesce(u.banned_until <= now(), true)
  ) then
    perform private.raise_problem('MT401', 'unknown-user');
  end if;
  return auth.uid();
end
$$;
comment on function private.live_caller() is 'The caller. Raises unknown-user (MT401) for a user who is deleted (softly too) or banned, and without a user.';
revoke all on function private.live_caller() from public, anon, authenticated, service_role;
grant execute on function private.live_caller() to authenticated;

create function private.own_link(
  link uuid, out id uuid, out role text, out user_id uuid, out status text, out created_at timestamptz,
  out updated_at timestamptz, out expires_at timestamptz
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    l.id, case when l.supervised_user_id = auth.uid() then 'owner' else 'caregiver' end,
    case when l.supervised_user_id = auth.uid() then l.supervisor_id else l.supervised_user_id end,
    l.status, l.created_at, l.updated_at, l.expires_at
  from public.srv_family_links as l
  where l.id = own_link.link
$$;
comment on function private.own_link(uuid) is 'A link as the caller sees it: which side they are, and who the other is (null: nobody yet).';
revoke all on function private.own_link(uuid) from public, anon, authenticated, service_role;
grant execute on function private.own_link(uuid) to authenticated;

create function public.srv_invite_caregiver(
  valid_for interval default '7 days', out id uuid, out code text, out expires_at timestamptz
)
language sql
set search_path = pg_catalog, pg_temp
as $$
  select i.id, i.code, i.expires_at from private.invite_caregiver(srv_invite_caregiver.valid_for) as i
$$;
comment on function public.srv_invite_caregiver(interval) is 'Invites a caregiver to the caller''s entities, for 1 minute to 30 days. The code is shown here and never again: 32 hex characters in groups of four. Raises too-many-invitations and too-many-caregivers (MT403), invalid-field (MT400), unknown-user (MT401).';

create function public.srv_accept_invitation(
  code text, out id uuid, out role text, out user_id uuid, out status text, out created_at timestamptz,
  out updated_at timestamptz, out expires_at timestamptz
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  link constant uuid := private.accept_invitation(code);
begin
  select o.* into id, role, user_id, status, created_at, updated_at, expires_at from private.own_link(link) as o;
end
$$;
comment on function public.srv_accept_invitation(text) is 'Makes the caller a caregiver of whoever gave this code, and returns the link. The same code again answers the same link, while it is active. Raises invitation-unknown (MT404), invitation-expired (MT410), own-invitation (MT422), too-many-owners and too-many-caregivers (MT403), unknown-user (MT401).';

create function public.srv_decline_invitation(code text)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select private.decline_invitation(srv_decline_invitation.code)
$$;
comment on function public.srv_decline_invitation(text) is 'Ends the invitation of this code, so that nobody can accept it. Raises invitation-unknown (MT404), also when repeated, invitation-expired (MT410), own-invitation (MT422), unknown-user (MT401).';

create function public.srv_revoke_link(
  inout id uuid, out role text, out user_id uuid, out status text, out created_at timestamptz,
  out updated_at timestamptz, out expires_at timestamptz
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.revoke_link(id);
  select o.* into id, role, user_id, status, created_at, updated_at, expires_at from private.own_link(id) as o;
end
$$;
comment on function public.srv_revoke_link(uuid) is 'Ends a link at once, by either side; an owner also takes back an invitation. Repeating it changes nothing. Raises link-unknown (MT404) alike for a link of others and for none, unknown-user (MT401).';

create function public.srv_list_family_links()
returns table (
  id uuid, role text, user_id uuid, status text, created_at timestamptz, updated_at timestamptz, expires_at timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
-- Sessions live long and keep plans: none may read all links, or all revoked ones of a user in order to sort them.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
#variable_conflict use_column
declare
  caller constant uuid := private.live_caller();
begin
  return query
  (
    select l.id, 'owner', l.supervisor_id, l.status, l.created_at, l.updated_at, l.expires_at
    from public.srv_family_links as l
    where l.supervised_user_id = caller
    order by l.status, l.updated_at desc
    limit 300
  )
  union all
  (
    select l.id, 'caregiver', l.supervised_user_id, l.status, l.created_at, l.updated_at, l.expires_at
    from public.srv_family_links as l
    where l.supervisor_id = caller
    order by l.status, l.updated_at desc
    limit 300
  );
end
$$;
comment on function public.srv_list_family_links() is 'The links of the caller, as owner and as caregiver: all active ones and invitations, and the newest revoked, up to 300 of each side. Raises unknown-user (MT401).';

revoke all on function
public.srv_invite_caregiver(interval), public.srv_accept_invitation(text), public.srv_decline_invitation(text),
public.srv_revoke_link(uuid), public.srv_list_family_links()
from public, anon, authenticated, service_role;
grant execute on function
public.srv_invite_caregiver(interval), public.srv_accept_invitation(text), public.srv_decline_invitation(text),
public.srv_revoke_link(uuid), public.srv_list_family_links()
to authenticated;
