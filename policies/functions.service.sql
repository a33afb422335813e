-- What the service's login role calls.
--
-- Who may do what, and why
--   It executes nothing but the functions that become the user of the verified claims first, session_state,
--   cleanup_last_success, which tells one moment, and wakeup_state, which tells numbers. What the catalog is searched with
--   is everybody's (functions.catalog.sql).
--
-- | function                        | execute         |
-- |---------------------------------|-----------------|
-- | private.become                  | medtime_service |
-- | private.push_as                 | medtime_service |
-- | private.pull_as                 | medtime_service |
-- | private.status_as               | medtime_service |
-- | private.register_push_device_as | medtime_service |
-- | private.remove_push_device_as   | medtime_service |
-- | private.wakeup_state            | medtime_service |
-- | private.session_state           | medtime_service |
-- | private.cleanup_last_success    | medtime_service |
-- | private.begin_ocr_request_as    | medtime_service |
-- | private.note_ocr_request_as     | medtime_service |

revoke all on function
private.become(jsonb),
private.push_as(jsonb, text, uuid[], text[], integer[], bytea[], text[], boolean[], uuid, jsonb, bigint),
private.pull_as(jsonb, text, uuid, uuid, jsonb, bigint, integer, bigint, text, timestamptz),
private.status_as(jsonb, uuid, boolean),
private.begin_ocr_request_as(jsonb, uuid, text[]),
private.note_ocr_request_as(jsonb, uuid, text, text),
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
private.begin_ocr_request_as(jsonb, uuid, text[]),
private.note_ocr_request_as(jsonb, uuid, text, text),
private.register_push_device_as(jsonb, text, text, text, text),
private.remove_push_device_as(jsonb, text),
private.wakeup_state(),
private.session_state(uuid, uuid),
private.cleanup_last_success()
to medtime_service;
