-- What phones call through RPC, without the service.
--
-- Who may do what, and why
--   Every signed-in user, each for themselves: they run as the caller (SECURITY INVOKER), so that policies hold in them.
--   What needs more is done by helpers (functions.helpers.sql).
--
-- | function                        | execute    |
-- |---------------------------------|------------|
-- | public.srv_push                 | every user |
-- | public.srv_pull                 | every user |
-- | public.srv_status               | every user |
-- | public.srv_invite_caregiver     | every user |
-- | public.srv_accept_invitation    | every user |
-- | public.srv_decline_invitation   | every user |
-- | public.srv_revoke_link          | every user |
-- | public.srv_list_family_links    | every user |
-- | public.srv_register_push_device | every user |
-- | public.srv_remove_push_device   | every user |

revoke all on function
public.srv_push(text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint),
public.srv_pull(uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz),
public.srv_status(uuid, boolean),
public.srv_invite_caregiver(interval),
public.srv_accept_invitation(text),
public.srv_decline_invitation(text),
public.srv_revoke_link(uuid),
public.srv_list_family_links(),
public.srv_register_push_device(text, text, text, text),
public.srv_remove_push_device(text)
from public, anon, authenticated, service_role;
grant execute on function
public.srv_push(text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint),
public.srv_pull(uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz),
public.srv_status(uuid, boolean),
public.srv_invite_caregiver(interval),
public.srv_accept_invitation(text),
public.srv_decline_invitation(text),
public.srv_revoke_link(uuid),
public.srv_list_family_links(),
public.srv_register_push_device(text, text, text, text),
public.srv_remove_push_device(text)
to authenticated;
