"""Whatever happens to three devices (lost requests and answers, crashes, resyncs), they end up alike."""

from collections import deque

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from medtime_backend.client import Device, Keep, Resolution, SyncError
from tests.unit.sync_stub import Disk, Stub, always

DEVICES = ("phone", "tablet", "watch")
DOWN = [always(httpx.ConnectError("down"))] * 4

steps = st.lists(
    st.tuples(
        st.sampled_from(DEVICES),
        st.sampled_from(["put", "edit", "delete", "sync", "push", "pull", "crash", "renew"]),
        st.sampled_from(["fine", "request lost", "answer lost", "second answer lost"]),
        st.integers(0, 5),
    ),
    max_size=40,
)
choices = st.sampled_from([Keep.MINE, Keep.THEIRS, Keep.BOTH, b"merged"])


class World:
    """Three devices of one user, their disks, and the service."""

    def __init__(self, choice: Resolution) -> None:
        self.stub = Stub()
        self.choice = choice
        self.disks = {name: Disk() for name in DEVICES}
        self.devices: dict[str, Device] = {}
        self.untouched: dict[str, bytes] = {}
        for name in DEVICES:
            self.start(name)

    def start(self, name: str) -> None:
        """Start an app, or start it again after a crash."""
        disk = self.disks[name]
        self.devices[name] = self.stub.device(
            name, state=disk.load(), save=disk, on_conflict=lambda _: self.choice, page_size=2
        )

    def write(self, device: Device, action: str, text: bytes, pick: int) -> None:
        ids = device.ids()
        if action == "put":
            self.untouched[device.put("note", text)] = text
        elif ids:
            entity_id = ids[pick % len(ids)]
            self.untouched.pop(entity_id, None)
            if action == "edit":
                device.edit(entity_id, text)
            else:
                device.delete(entity_id)

    async def call(self, name: str, action: str, network: str) -> None:
        self.stub.before = deque(DOWN if network == "request lost" else [])
        lost = {"answer lost": DOWN, "second answer lost": [lambda _: None, *DOWN]}
        self.stub.after = deque(lost.get(network, []))
        try:
            await getattr(self.devices[name], action)()
        except SyncError:
            self.start(name)
        self.stub.before.clear()
        self.stub.after.clear()


@given(steps, choices)
@settings(max_examples=150, deadline=None)
async def test_devices_converge(script: list[tuple[str, str, str, int]], choice: Resolution) -> None:
    world = World(choice)
    for number, (name, action, network, pick) in enumerate(script):
        if action in {"put", "edit", "delete"}:
            world.write(world.devices[name], action, str(number).encode(), pick)
        elif action == "crash":
            world.start(name)
        elif action == "renew":
            world.stub.epoch += 1
        else:
            await world.call(name, action, network)

    devices = world.devices.values()
    for _ in range(3):
        for device in devices:
            await device.sync()
    seen = [{key: device.get(key) for key in device.ids()} for device in devices]
    assert seen[0] == seen[1] == seen[2]
    assert world.untouched.items() <= seen[0].items()  # nothing lost, no device in conflict with itself
    for device in devices:
        assert await device.verify() == []
        assert not device.state.pending
        assert not device.state.rejected
        assert all(e.draft is None and e.theirs is None for e in device.state.own.entities.values())


@given(steps)
@settings(max_examples=100, deadline=None)
async def test_a_single_device_never_meets_a_conflict(script: list[tuple[str, str, str, int]]) -> None:
    def refuse(_conflict: object) -> Resolution:
        raise AssertionError("a conflict with itself")

    world = World(Keep.BOTH)
    for number, (_, action, network, pick) in enumerate(script):
        phone = world.devices["phone"]
        phone.on_conflict = refuse
        if action in {"put", "edit", "delete"}:
            world.write(phone, action, str(number).encode(), pick)
        elif action == "crash":
            world.start("phone")
        elif action == "renew":
            world.stub.epoch += 1
        else:
            await world.call("phone", action, network)
    await world.devices["phone"].sync()
    assert await world.devices["phone"].verify() == []
