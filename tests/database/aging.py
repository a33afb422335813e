"""Makes rows older than they are, as only a superuser can: with triggers off."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

TOMBSTONES = """
update public.srv_encrypted_entities as e
set deleted_at = moment, updated_at = moment
from (
  select id, now() - make_interval(secs => 86400 * $3::float8) + place * interval '1 microsecond' as moment
  from unnest($2::uuid[]) with ordinality as given (id, place)
) as aged
where e.user_id = $1 and e.id = aged.id and e.deleted_at is not null
"""
OTHERS = {
    "ocr_requests": """
        insert into public.srv_ocr_requests (user_id, status, created_at)
        select $1, status, now() - make_interval(secs => 86400 * $2::float8)
        from unnest(array['done', 'failed', 'pending', 'processing']) as status
    """,
    "wake_ups": """
        with device as (
          insert into public.srv_push_devices (user_id, device_id, platform, token, last_used_at)
          values ($1, 'd' || $2::float8, 'fcm', gen_random_uuid(), now() - interval '1 year')
          returning user_id, device_id
        )
        insert into public.srv_push_outbox (user_id, device_id, queued_at, attempts)
        select user_id, device_id, now() - make_interval(secs => 86400 * $2::float8), 3 from device
    """,
    "invitations": """
        insert into public.srv_family_links (supervised_user_id, code_hash, expires_at)
        values ($1, sha256(gen_random_uuid()::text::bytea), now() - make_interval(secs => 86400 * $2::float8))
    """,
    "ended_links": """
        insert into public.srv_family_links (supervised_user_id, status, updated_at)
        values ($1, 'revoked', now() - make_interval(secs => 86400 * $2::float8))
    """,
}
ROWS = {"ocr_requests": 4, "wake_ups": 1, "invitations": 1, "ended_links": 1}
"""What one of OTHERS adds."""


async def age_tombstones(superuser: asyncpg.Connection, owner: UUID, ids: Sequence[UUID], days: float) -> None:
    """Make these deletions so many days old, one microsecond apart."""
    await superuser.execute("set session_replication_role = replica")
    try:
        assert await superuser.execute(TOMBSTONES, owner, list(ids), days) == f"UPDATE {len(ids)}"
    finally:
        await superuser.execute("reset session_replication_role")


async def add_aged(superuser: asyncpg.Connection, kind: str, owner: UUID, days: float) -> None:
    """Add rows of one of the other kinds, so many days old."""
    await superuser.execute(OTHERS[kind], owner, days)
