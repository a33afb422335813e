-- Helpers of what phones call through RPC, and of policies.
--
-- Who may do what, and why
--   Every signed-in user, since what runs as the caller uses them; the REST layer does not expose private. Those that need
--   more than the caller may are definer functions which act for the caller alone: they ask auth.uid(), and take no user as
--   an argument, or only ask whether the caller may read it.
--
-- | function                      | execute    |
-- |-------------------------------|------------|
-- | private.begin_own_ocr_request | every user |
-- | private.note_own_ocr_request  | every user |
-- | private.accept_invitation     | every user |
-- | private.decline_invitation    | every user |
-- | private.invite_caregiver      | every user |
-- | private.live_caller           | every user |
-- | private.own_link              | every user |
-- | private.revoke_link           | every user |
-- | private.begin_write           | every user |
-- | private.clock_at              | every user |
-- | private.clock_now             | every user |
-- | private.content_fault         | every user |
-- | private.covers_horizon        | every user |
-- | private.keep_own_quota        | every user |
-- | private.max_devices           | every user |
-- | private.may_read              | every user |
-- | private.own_account           | every user |
-- | private.push_faults           | every user |
-- | private.raise_problem         | every user |
-- | private.readable_owners       | every user |
-- | private.register_push_device  | every user |
-- | private.remove_push_device    | every user |
-- | private.reserve_own_dots      | every user |
-- | private.touch_device          | every user |

revoke all on function
private.accept_invitation(text),
private.begin_own_ocr_request(uuid, text[]),
private.begin_write(),
private.clock_at(uuid, timestamptz),
private.clock_now(uuid),
private.content_fault(bytea, text, boolean),
private.covers_horizon(uuid, jsonb, bigint),
private.decline_invitation(text),
private.invite_caregiver(interval),
private.keep_own_quota(bigint),
private.live_caller(),
private.max_devices(),
private.may_read(uuid),
private.note_own_ocr_request(uuid, text, text),
private.own_account(),
private.own_link(uuid),
private.push_faults(uuid[], text[], integer[], bytea[], text[], boolean[]),
private.raise_problem(text, text, jsonb),
private.readable_owners(),
private.register_push_device(text, text, text, text),
private.remove_push_device(text),
private.reserve_own_dots(text, integer),
private.revoke_link(uuid),
private.touch_device(text)
from public, anon, authenticated, service_role;
grant execute on function
private.accept_invitation(text),
private.begin_own_ocr_request(uuid, text[]),
private.begin_write(),
private.clock_at(uuid, timestamptz),
private.clock_now(uuid),
private.content_fault(bytea, text, boolean),
private.covers_horizon(uuid, jsonb, bigint),
private.decline_invitation(text),
private.invite_caregiver(interval),
private.keep_own_quota(bigint),
private.live_caller(),
private.max_devices(),
private.may_read(uuid),
private.note_own_ocr_request(uuid, text, text),
private.own_account(),
private.own_link(uuid),
private.push_faults(uuid[], text[], integer[], bytea[], text[], boolean[]),
private.raise_problem(text, text, jsonb),
private.readable_owners(),
private.register_push_device(text, text, text, text),
private.remove_push_device(text),
private.reserve_own_dots(text, integer),
private.revoke_link(uuid),
private.touch_device(text)
to authenticated;
