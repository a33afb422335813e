"""What the simulation has found, as short stories that are told on each run."""

from collections.abc import Iterator

import pytest

from medtime_backend.client import DeviceState
from medtime_backend.local.options import StackInfo
from tests.simulation.bench import Bench
from tests.simulation.world import IDS, World


@pytest.fixture
def world(stack: StackInfo) -> Iterator[World]:
    bench = Bench(stack)
    world = bench.run(World.begin(bench))
    world.add_phone("json")
    world.add_phone("json")
    yield world
    bench.run(world.end())
    bench.close()


def test_what_was_pushed_before_the_first_pull_and_purged_since_goes(world: World) -> None:
    first, second = world.phones
    first.write(IDS[0], "note", b"pushed without ever pulling")
    world.bench.run(first.call("push"))
    world.bench.run(second.call("sync"))
    second.delete(0)
    world.bench.run(second.call("sync"))
    world.bench.run(world.purge(-1))
    world.bench.run(first.call("sync"))
    assert first.holds() == {}
    assert world.bench.run(first.device.verify()) == []


def test_what_was_made_and_deleted_before_a_sync_does_not_come_back_after_a_crash(world: World) -> None:
    phone = world.phones[0]
    phone.write(IDS[0], "note", b"a slip")
    phone.delete(0)
    world.bench.run(phone.call("sync"))
    assert DeviceState.load(phone.saved).own.entities == {}
