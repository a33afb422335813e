-- Triggers, helpers of definer functions, and the operator's functions.
--
-- Who may do what, and why
--   Nobody but the owner of the schema executes them: triggers need no right, definer functions use their helpers as the
--   owner, and cleanup, schedule_cleanup, unschedule_cleanup, renew_epoch and those of an erasure are the operator's.
--   Postgres lets everyone execute a new function, so each is taken from everyone, here as in the other files of functions.
--
-- | function | execute |
-- |----------|---------|

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
private.queue_requested_wakeups(integer, bigint),
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
