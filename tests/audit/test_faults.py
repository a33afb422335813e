"""Every fault that people make is found by the audit, by the id of its finding; and our schema has none."""

from collections.abc import AsyncIterator
from fnmatch import fnmatchcase

import asyncpg
import pytest

from medtime_backend.audit.catalog.snapshot import Snapshot
from medtime_backend.local.shadow import Shadow, ShadowDatabase
from tests.audit.audits import audited, expected_of
from tests.audit.faults import FAULTS, Fault


@pytest.fixture(scope="module")
async def expected(shadow: Shadow) -> Snapshot:
    async with shadow.copy() as database:
        return await expected_of(database)


@pytest.fixture
async def faulty(request: pytest.FixtureRequest, copy: ShadowDatabase) -> AsyncIterator[ShadowDatabase]:
    fault: Fault = request.param
    connection = await asyncpg.connect(copy.admin_database_url if fault.superuser else copy.database_url)
    try:
        await connection.execute(fault.sql)
        yield copy
    finally:
        if fault.undo:
            await connection.execute(fault.undo)
        await connection.close()


async def test_our_schema_has_no_finding_and_nothing_is_left_unchecked(
    copy: ShadowDatabase, expected: Snapshot
) -> None:
    audit = await audited(copy, expected=expected, pgrls=True, advisors=True)
    assert [finding.id for finding in audit.findings] == []
    assert audit.unchecked == ()
    assert not [sentence for sentence in audit.not_proved if "matches nothing" in sentence]
    assert {cell.verdict for cell in audit.cells} == {"as declared"}
    assert audit.exit_code == 0


@pytest.mark.parametrize(
    ("faulty", "fault"), [pytest.param(fault, fault, id=fault.name) for fault in FAULTS], indirect=["faulty"]
)
async def test_a_fault_is_found(faulty: ShadowDatabase, fault: Fault, expected: Snapshot) -> None:
    audit = await audited(faulty, expected=expected)
    ids = [finding.id for finding in audit.findings]
    assert [id_ for id_ in ids if fnmatchcase(id_, fault.finding)], ids
    assert audit.exit_code > 0


def test_there_are_enough_faults_and_each_is_another() -> None:
    assert len(FAULTS) >= 40
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize(
    ("faulty", "fault"),
    [pytest.param(fault, fault, id=fault.name) for fault in FAULTS[::6] if not fault.finding.startswith("drift")],
    indirect=["faulty"],
)
async def test_some_faults_are_found_by_the_owner_too(faulty: ShadowDatabase, fault: Fault) -> None:
    """As `postgres`, without drift: what a hosted project can do. Two personas cannot be taken on there."""
    audit = await audited(faulty, as_owner=True)
    ids = [finding.id for finding in audit.findings]
    assert [id_ for id_ in ids if fnmatchcase(id_, fault.finding)], ids
    assert audit.exit_code == 2
