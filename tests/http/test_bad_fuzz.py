"""Anything at all as a push: never a 5xx, always a problem or a 200."""

import json
from typing import Any
from uuid import uuid4

import httpx
import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medtime_backend.formats import compress
from tests.accounts import Account, blob, entity
from tests.http.problems import JSON, MSGPACK, PROBLEM

SETTINGS = settings(
    max_examples=200,
    deadline=None,
    # The account is one for all examples: nothing of one example matters to the next.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

numbers = st.integers(-(2**64), 2**64) | st.floats() | st.sampled_from([0, 1, 2**31 - 2, 2**31, 2**63, -1])
scalars = st.none() | st.booleans() | numbers | st.text(max_size=20)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
FIELDS = ("id", "entity_type", "base_version", "blob", "checksum", "deleted", "extra")


@st.composite
def entities(draw: st.DrawFn) -> Any:
    """An entity with some of its fields missing, added or replaced by anything."""
    made = entity(uuid4(), draw(st.sampled_from([0, 0, 0, 1])), blob(draw(st.sampled_from([2, 29, 30, 64]))))
    for field in draw(st.lists(st.sampled_from(FIELDS), max_size=2)):
        if draw(st.booleans()):
            made.pop(field, None)
        else:
            made[field] = draw(values)
    return made


pushes = values | st.fixed_dictionaries(
    {},
    optional={
        "device_id": st.just("phone") | st.text(max_size=70) | values,
        "entities": st.lists(entities() | values, max_size=5),
        "clock": st.text(max_size=40) | values,
    },
)


def check(http: httpx.Client, body: bytes, **headers: str) -> None:
    answer = http.post("/sync/push", content=body, headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code != 200:
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["status"] == answer.status_code


def client(user: Account) -> httpx.Client:
    return httpx.Client(base_url=user.http.base_url, headers={"Authorization": f"Bearer {user.token}"})


def test_any_json(user: Account) -> None:
    with client(user) as http:

        @SETTINGS
        @given(pushes)
        def push(value: Any) -> None:
            check(http, json.dumps(value).encode(), **{"Content-Type": JSON})

        push()


def test_any_messagepack(user: Account) -> None:
    def plain(value: Any) -> Any:
        """MessagePack has no integers beyond 64 bits and no lone surrogates."""
        return json.loads(json.dumps(value).encode(), parse_int=lambda text: int(text) % 2**64)

    with client(user) as http:

        @SETTINGS
        @given(pushes.map(plain) | st.binary(max_size=64))
        def push(value: Any) -> None:
            if isinstance(value, dict):
                for one in value.get("entities") or []:
                    if isinstance(one, dict) and isinstance(one.get("blob"), str):
                        one["blob"] = one["blob"].encode(errors="replace")
            try:
                body = value if isinstance(value, bytes) else msgspec.msgpack.encode(value)
            except UnicodeEncodeError:
                return
            check(http, body, **{"Content-Type": MSGPACK})

        push()


def test_any_bytes(user: Account) -> None:
    start = json.dumps({"device_id": "phone", "entities": [entity()]}).encode()
    packed = compress(start)

    with client(user) as http:

        @SETTINGS
        @given(
            st.binary(max_size=40),
            st.integers(0, len(start)),
            st.integers(0, len(start)),
            st.sampled_from([JSON, MSGPACK]),
            st.booleans(),
        )
        def push(noise: bytes, begin: int, end: int, content_type: str, zipped: bool) -> None:  # noqa: FBT001 - drawn
            whole = packed if zipped else start
            headers = {"Content-Type": content_type} | ({"Content-Encoding": "gzip"} if zipped else {})
            check(http, whole[:begin] + noise + whole[end:], **headers)

        push()
