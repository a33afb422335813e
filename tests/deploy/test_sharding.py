"""What docs/operations.md says of shards and partitions: which tables may be divided by owner, and which may not."""

import asyncpg
import pytest

DIVIDED = {
    "public.srv_encrypted_entities": "user_id",
    "private.owners": "user_id",
    "private.owner_totals": "user_id",
    "private.user_tiers": "user_id",
}
WHOLE = {
    "public.srv_sync_status": "user_id",
    "public.srv_ocr_requests": "user_id",
    "public.srv_family_links": "supervised_user_id",
    "public.srv_push_devices": "user_id",
    "public.srv_push_outbox": "user_id",
}


async def divide(admin: asyncpg.Connection, table: str, column: str) -> None:
    """A table of the same columns, keys and checks, in parts by owner; it is gone afterwards."""
    transaction = admin.transaction()
    await transaction.start()
    try:
        await admin.execute(f"create table divided (like {table} including all) partition by hash ({column})")
        await admin.execute("create table part partition of divided for values with (modulus 4, remainder 0)")
    finally:
        await transaction.rollback()


@pytest.mark.parametrize("table", DIVIDED)
async def test_keys_that_begin_with_the_owner_can_be_divided(admin: asyncpg.Connection, table: str) -> None:
    await divide(admin, table, DIVIDED[table])


@pytest.mark.parametrize("table", WHOLE)
async def test_keys_without_the_owner_cannot(admin: asyncpg.Connection, table: str) -> None:
    with pytest.raises(asyncpg.FeatureNotSupportedError, match="unique constraint on partitioned table"):
        await divide(admin, table, WHOLE[table])
