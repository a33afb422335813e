"""Drifts by which something that the migrations make is gone."""

from tests.audit.drifts.drift import ENTITIES, FUNCTION, POLICY, STATUS, missing

MISSING = (
    missing(f'drop policy "owner may add" on {ENTITIES}', POLICY),
    missing(f"drop trigger guard_entity on {ENTITIES}", f"trigger guard_entity on {ENTITIES}"),
    missing(f"alter table {STATUS} drop constraint device_id_is_a_name", f"constraint device_id_is_a_name on {STATUS}"),
    missing(f"alter table {STATUS} drop constraint one_row_per_device", f"constraint one_row_per_device on {STATUS}"),
    missing("drop index public.srv_encrypted_entities_type", "index public.srv_encrypted_entities_type"),
    missing("drop function private.renew_epoch()", f"function {FUNCTION}", mended=False),
    missing("drop table public.srv_push_outbox cascade", "table public.srv_push_outbox", mended=False),
    missing("alter table private.owners drop column purges", "column private.owners.purges", mended=False),
    missing(
        "revoke authenticated from medtime_service granted by postgres", "membership medtime_service in authenticated"
    ),
)
