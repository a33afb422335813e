-- The functions: who may execute what. What is not in the table below, nobody may but the owner of the schema.
--
-- Who may do what, and why
--   Postgres lets everyone execute a new function; here each is taken from everyone and given to one role.
--   What phones call through RPC runs as the caller (SECURITY INVOKER), so that policies hold in it. Its helpers in
--   private that need more are definer functions which act for the caller alone: they ask auth.uid(), and take no user
--   as an argument, or only ask whether the caller may read it.
--   The service's login role executes nothing but the functions that become the user first, session_state,
--   cleanup_last_success, which tells one moment, and wakeup_state, which tells numbers.
--   service_role executes what the edge function push-notify calls, and nothing else: it is told addresses of phones, and
--   never whose they are.
--   The access token hook is Auth's alone. Triggers, helpers of definer functions and the operator's functions
--   (cleanup, schedule_cleanup, unschedule_cleanup, renew_epoch, those of an erasure) are executable by nobody.
--
-- | function                        | execute             |
-- |---------------------------------|---------------------|
-- | public.srv_push                 | every user          |
-- | public.srv_pull                 | every user          |
-- | public.srv_status               | every user          |
-- | public.srv_invite_caregiver     | every user          |
-- | public.srv_accept_invitation    | every user          |
-- | public.srv_decline_invitation   | every user          |
-- | public.srv_revoke_link          | every user          |
-- | public.srv_list_family_links    | every user          |
-- | public.srv_register_push_device | every user          |
-- | public.srv_remove_push_device   | every user          |
-- | public.srv_claim_wakeups        | service_role        |
-- | public.srv_finish_wakeups       | service_role        |
-- | public.catalog_fold             | every user, anon, medtime_service |
-- | public.catalog_plain_words      | every user, anon, medtime_service |
-- | public.catalog_number           | every user, anon, medtime_service |
-- | public.catalog_strength_pattern | every user, anon, medtime_service |
-- | public.catalog_strengths        | every user, anon, medtime_service |
-- | public.catalog_deletions        | every user, anon, medtime_service |
-- | public.catalog_sound            | every user, anon, medtime_service |
-- | public.catalog_corrections      | every user, anon, medtime_service |
-- | public.catalog_pattern          | every user, anon, medtime_service |
-- | public.catalog_codes_of         | every user, anon, medtime_service |
-- | public.catalog_named            | every user, anon, medtime_service |
-- | public.catalog_worded           | every user, anon, medtime_service |
-- | public.catalog_question         | every user, anon, medtime_service |
-- | public.catalog_matches          | every user, anon, medtime_service |
-- | public.catalog_hit              | every user, anon, medtime_service |
-- | public.catalog_suggestions      | every user, anon, medtime_service |
-- | public.catalog_search_faults    | every user, anon, medtime_service |
-- | public.catalog_search           | every user, anon, medtime_service |
-- | public.catalog_release          | every user, anon, medtime_service |
-- | public.catalog_product          | every user, anon, medtime_service |
-- | public.catalog_sources          | every user, anon, medtime_service |
-- | public.custom_access_token_hook | supabase_auth_admin |
-- | private.become                  | medtime_service     |
-- | private.push_as                 | medtime_service     |
-- | private.pull_as                 | medtime_service     |
-- | private.status_as               | medtime_service     |
-- | private.register_push_device_as | medtime_service     |
-- | private.remove_push_device_as   | medtime_service     |
-- | private.wakeup_state            | medtime_service     |
-- | private.session_state           | medtime_service     |
-- | private.cleanup_last_success    | medtime_service     |
-- | private.accept_invitation       | every user          |
-- | private.decline_invitation      | every user          |
-- | private.invite_caregiver        | every user          |
-- | private.live_caller             | every user          |
-- | private.own_link                | every user          |
-- | private.revoke_link             | every user          |
-- | private.begin_write             | every user          |
-- | private.clock_at                | every user          |
-- | private.clock_now               | every user          |
-- | private.content_fault           | every user          |
-- | private.covers_horizon          | every user          |
-- | private.keep_own_quota          | every user          |
-- | private.max_devices             | every user          |
-- | private.may_read                | every user          |
-- | private.own_account             | every user          |
-- | private.push_faults             | every user          |
-- | private.raise_problem           | every user          |
-- | private.readable_owners         | every user          |
-- | private.register_push_device    | every user          |
-- | private.remove_push_device      | every user          |
-- | private.reserve_own_dots        | every user          |
-- | private.touch_device            | every user          |

-- What phones call through RPC.
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

-- Their helpers, and those of policies.
revoke all on function
private.accept_invitation(text),
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

-- What the service's login role calls: each but the last three becomes the user of the verified claims first.
revoke all on function
private.become(jsonb),
private.push_as(jsonb, text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint),
private.pull_as(jsonb, text, uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz),
private.status_as(jsonb, uuid, boolean),
private.register_push_device_as(jsonb, text, text, text, text),
private.remove_push_device_as(jsonb, text),
private.wakeup_state(),
private.session_state(uuid, uuid),
private.cleanup_last_success()
from public, anon, authenticated, service_role;
grant execute on function
private.become(jsonb),
private.push_as(jsonb, text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint),
private.pull_as(jsonb, text, uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz),
private.status_as(jsonb, uuid, boolean),
private.register_push_device_as(jsonb, text, text, text, text),
private.remove_push_device_as(jsonb, text),
private.wakeup_state(),
private.session_state(uuid, uuid),
private.cleanup_last_success()
to medtime_service;

-- What the sender of wake-ups calls.
revoke all on function
public.srv_claim_wakeups(integer, integer),
public.srv_finish_wakeups(uuid[], text[], integer[])
from public, anon, authenticated, service_role;
grant execute on function
public.srv_claim_wakeups(integer, integer),
public.srv_finish_wakeups(uuid[], text[], integer[])
to service_role;

-- What Supabase Auth calls before it signs a token.
revoke all on function public.custom_access_token_hook(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.custom_access_token_hook(jsonb) to supabase_auth_admin;

-- Triggers, helpers of definer functions, and the operator's functions: nobody.
revoke all on function
private.add_totals(uuid, text, bigint, bigint, bigint, bit),
private.begin_cleanup(interval, text),
private.begin_erasure(uuid),
private.cleanup(uuid, interval, integer, text),
private.count_deleted(),
private.count_inserted(),
private.count_updated(),
private.entity_hash(uuid, integer, text),
private.erase_batch(uuid, uuid, integer),
private.family_of(uuid),
private.finish_erasure(uuid),
private.guard_entity(),
private.catalog_tokens(text[]),
private.coalescing_window(),
private.hash_of_code(text),
private.index_catalog(text[]),
private.keep_caregiver_cap(uuid),
private.keep_device(),
private.keep_quota(),
private.lock_before_update(),
private.lock_invitation(text),
private.lock_live_users(uuid[]),
private.lock_owner(uuid),
private.max_push_devices(),
private.push_device_fault(text, text, text, text),
private.purge_tombstones(timestamptz, integer, timestamptz),
private.queue_requested_wakeups(integer),
private.quota_of(uuid),
private.raise_if_above_quota(uuid, bigint, bigint),
private.remove_aged(text, timestamptz, integer, timestamptz),
private.renew_epoch(),
private.request_wakeup(uuid, text, boolean),
private.reserve_dots(uuid, text, integer),
private.retention(),
private.rows_of_user(uuid),
private.schedule_cleanup(time),
private.stored_bytes(uuid),
private.tier_of(uuid),
private.unschedule_cleanup(),
private.wake_both_sides(),
private.wake_others()
from public, anon, authenticated, service_role;

-- The catalog is everybody's: its search, and what that is made of. Each runs as the caller, on tables that everybody may
-- read, and is bounded whatever it is asked.
revoke all on function
public.catalog_fold(text),
public.catalog_plain_words(),
public.catalog_number(text),
public.catalog_strength_pattern(),
public.catalog_strengths(text),
public.catalog_deletions(text),
public.catalog_sound(text),
public.catalog_corrections(text),
public.catalog_pattern(text[], text),
public.catalog_codes_of(text),
public.catalog_named(text[], text[]),
public.catalog_worded(text[], text),
public.catalog_question(text),
public.catalog_matches(jsonb),
public.catalog_hit(text, integer, text[], text[], text[], text),
public.catalog_suggestions(text[]),
public.catalog_search_faults(text, text, text, text, text, text, text, integer, text),
public.catalog_search(text, text, text, text, text, text, text, integer, text),
public.catalog_release(bigint),
public.catalog_product(text),
public.catalog_sources()
from public, anon, authenticated, service_role;
grant execute on function
public.catalog_fold(text),
public.catalog_plain_words(),
public.catalog_number(text),
public.catalog_strength_pattern(),
public.catalog_strengths(text),
public.catalog_deletions(text),
public.catalog_sound(text),
public.catalog_corrections(text),
public.catalog_pattern(text[], text),
public.catalog_codes_of(text),
public.catalog_named(text[], text[]),
public.catalog_worded(text[], text),
public.catalog_question(text),
public.catalog_matches(jsonb),
public.catalog_hit(text, integer, text[], text[], text[], text),
public.catalog_suggestions(text[]),
public.catalog_search_faults(text, text, text, text, text, text, text, integer, text),
public.catalog_search(text, text, text, text, text, text, text, integer, text),
public.catalog_release(bigint),
public.catalog_product(text),
public.catalog_sources()
to anon, authenticated, medtime_service;
