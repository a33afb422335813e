"""Whatever happens, all devices end up with the same state, and nothing acknowledged is lost (issue 2, Must show).

More runs: `make soak`.
"""

import os
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from medtime_backend.local.options import StackInfo
from tests.simulation.bench import Bench
from tests.simulation.machine import SyncMachine

RUNS = int(os.environ.get("MEDTIME_SOAK_RUNS", "200"))


@pytest.fixture
def bench(stack: StackInfo) -> Iterator[Bench]:
    bench = Bench(stack)
    yield bench
    bench.close()


def test_devices_converge_and_nothing_acknowledged_is_lost(bench: Bench) -> None:
    # Where CI is set, Hypothesis's own `ci` profile draws the same runs each time and keeps no database: a red build
    # then blames the change, not the luck of the draw. Elsewhere, and in `make soak`, each time draws other runs.
    run_state_machine_as_test(
        partial(SyncMachine, bench),  # type: ignore[arg-type]  # any maker of a machine will do
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
