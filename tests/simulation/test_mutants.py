"""The simulation finds faults: each of these is found within a few runs. Otherwise its silence would say little."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack
from tests.http.own_service import service
from tests.rates import UNLIMITED
from tests.simulation.bench import Bench
from tests.simulation.machine import SyncMachine
from tests.simulation.model import ViolationError
from tests.simulation.mutants import CLIENT, SQL, HastyClocks, changed

pytestmark = pytest.mark.xdist_group("mutants")

RUNS = 100  # each fault was found within 35; most within 8


@pytest.fixture(scope="module")
async def scratch() -> AsyncIterator[tuple[StackInfo, str]]:
    """A stack of its own, since its functions are changed, and a second instance of the service on it.

    Within one, pushes of an owner take turns, and would hide that nothing in the database keeps them apart.
    """
    with (
        tempfile.TemporaryDirectory(prefix="medtime-test-") as folder,
        Stack(
            StackOptions(data_dir=Path(folder) / "stack", durable=False, seed=False, service_environment=UNLIMITED)
        ) as info,
    ):
        async with service(info) as other:
            yield info, other


@pytest.fixture
def bench(scratch: tuple[StackInfo, str]) -> Iterator[Bench]:
    stack, other = scratch
    bench = Bench(stack, instances=(stack.base_url, other))
    yield bench
    bench.close()


def find_fault(bench: Bench) -> None:
    """Run until the fault is found. A race need not go the same way when the failure is replayed: that is Flaky."""
    with pytest.raises((ViolationError, Flaky)):
        run_state_machine_as_test(
            partial(SyncMachine, bench),  # type: ignore[arg-type]  # any maker of a machine will do
            settings=settings(
                max_examples=RUNS,
                stateful_step_count=20,
                deadline=None,
                database=None,
                derandomize=True,  # found or not must not be a matter of luck
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )


@pytest.mark.parametrize("name", SQL)
def test_a_fault_in_the_database_is_found(bench: Bench, name: str) -> None:
    work = AsyncExitStack()
    try:
        bench.run(work.enter_async_context(changed(bench.admin, SQL[name])))
        find_fault(bench)
    finally:
        bench.run(work.aclose())


def test_a_clock_that_covers_the_unseen_is_found(scratch: tuple[StackInfo, str]) -> None:
    bench = Bench(scratch[0], HastyClocks)
    try:
        find_fault(bench)
    finally:
        bench.close()


@pytest.mark.parametrize("name", CLIENT)
def test_a_fault_in_the_client_is_found(bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*CLIENT[name])
    find_fault(bench)
