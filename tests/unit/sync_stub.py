"""A sync service in memory, for the client's tests only: one owner, one feed, faults on demand."""

import gzip
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from medtime_backend.client import Conflict, Device, DeviceState, Keep, Resolution
from medtime_backend.integrity import Digest, checksum_of

OWNER = "0b6f3c52-5d0e-4b2c-9a51-3f1f6d3c9f01"
KEY = bytes(range(32))
ERRORS = "https://medtime.app/errors/"

Fault = Callable[[httpx.Request], httpx.Response | Exception | None]


def problem(status: int, slug: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    body = {"type": ERRORS + slug, "title": slug, "status": status, "retryable": False, "request_id": "r1"}
    headers = {"content-type": "application/problem+json"} | (headers or {})
    return httpx.Response(status, content=msgspec.json.encode(body | more), headers=headers)


def always(answer: httpx.Response | Exception) -> Fault:
    return lambda _request: answer


class Stub:
    """The service. `before` holds faults that keep a request away, `after` those that lose its answer."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.seq = 0
        self.epoch = 1
        self.resync_reason = "epoch"
        self.before: deque[Fault] = deque()
        self.after: deque[Fault] = deque()
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []
        self.tokens: list[bool] = []
        self.limits = {"entities_per_push": 100, "entities_per_page": 100, "push_body_bytes": 16_777_216}

    def device(self, device_id: str = "phone", **more: Any) -> Device:
        http = httpx.AsyncClient(base_url="https://medtime.test", transport=httpx.MockTransport(self.handle))
        given: dict[str, Any] = {"owner": OWNER, "sleep": self._sleep, "random": lambda: 0.5} | more
        return Device(http, self._token, device_id, KEY, **given)

    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def _token(self, fresh: bool) -> str:  # noqa: FBT001  # the client's own signature
        self.tokens.append(fresh)
        return "fresh" if fresh else "kept"

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.before and (fault := self.before.popleft()(request)):
            return _given(fault)
        answer = self._answer(request)
        if self.after and (fault := self.after.popleft()(request)):
            return _given(fault)
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        params = dict(request.url.params)
        if request.url.path == "/sync/push":
            body = body_of(request)
            if clashes := [c for item in body["entities"] if (c := self._clash(item, body["device_id"]))]:
                return problem(409, "version-conflict", synced=0, conflicts=clashes)
            return _encoded(request, self._write(body))
        if request.url.path == "/sync/pull":
            epoch, _, seq = params.get("clock", f"{self.epoch}.0").partition(".")
            if int(epoch) != self.epoch:
                return problem(410, "resync-required", reason=self.resync_reason)
            return _encoded(request, self._page(int(seq), int(params["limit"])))
        return _encoded(request, self._status("digest" in params))

    def _clash(self, item: dict[str, Any], device_id: str) -> dict[str, Any] | None:
        row, base = self.rows.get(item["id"]), item["base_version"]
        if row is None:
            return {"id": item["id"], "reason": "unknown", "base_version": base} if base else None
        retried = (row["version"] - 1, row["checksum"], row["client_id"])
        if base == row["version"] or (base, item["checksum"], device_id) == retried:
            return None
        reason = "deleted" if row["deleted"] else "stale" if base else "exists"
        return {
            "id": item["id"],
            "reason": "ahead" if base > row["version"] else reason,
            "base_version": base,
            "server_version": row["version"],
            "server_checksum": row["checksum"],
        }

    def _write(self, body: dict[str, Any]) -> dict[str, Any]:
        held = body.get("clock", "")
        complete = held == f"{self.epoch}.{self.seq}"
        written = []
        for item in body["entities"]:
            row = self.rows.get(item["id"])
            if row is None or row["version"] == item["base_version"]:
                self.seq += 1
                self.rows[item["id"]] = {
                    **{name: item[name] for name in ("id", "entity_type", "blob", "checksum", "deleted")},
                    "version": item["base_version"] + 1,
                    "client_id": body["device_id"],
                    "client_seq": self.seq,
                }
            written.append({"id": item["id"], "version": self.rows[item["id"]]["version"]})
        # Careless without a clock: a client must not rely on more than the protocol promises.
        clock = f"{self.epoch}.{self.seq}" if complete or not held else held
        return {"synced": len(written), "conflicts": [], "entities": written, "clock": clock}

    def _page(self, seq: int, limit: int) -> dict[str, Any]:
        news = sorted((r for r in self.rows.values() if r["client_seq"] > seq), key=lambda r: int(r["client_seq"]))
        page = news[:limit]
        last = page[-1]["client_seq"] if page else seq
        return {"entities": page, "clock": f"{self.epoch}.{last}", "has_more": len(news) > limit}

    def _status(self, digest: bool) -> dict[str, Any]:  # noqa: FBT001  # private
        types: dict[str, dict[str, Any]] = {}
        for row in self.rows.values():
            if not row["deleted"]:
                total = types.setdefault(row["entity_type"], {"count": 0, "bytes": 0, "digest": Digest()})
                total["count"] += 1
                total["bytes"] += len(row["blob"])
                total["digest"].add(row["id"], row["version"], row["checksum"])
        digests = {name: total | {"digest": str(total["digest"])} for name, total in types.items()}
        status = {"epoch": "e", "owner": OWNER, "clock": "", "limits": self.limits, "owners": [OWNER]}
        return status | ({"digests": digests} if digest else {})

    def store(self, entity_id: str, blob: bytes, version: int, device_id: str = "tablet") -> None:
        """Write a row as if another device had; no blob for a tombstone."""
        self.seq += 1
        self.rows[entity_id] = {
            "id": entity_id,
            "entity_type": "note",
            "blob": blob,
            "checksum": checksum_of(blob),
            "deleted": not blob,
            "version": version,
            "client_id": device_id,
            "client_seq": self.seq,
        }


def body_of(request: httpx.Request) -> dict[str, Any]:
    content = request.content
    if request.headers.get("content-encoding") == "gzip":
        content = gzip.decompress(content)
    if request.headers["content-type"] == "application/msgpack":
        return dict(msgspec.msgpack.decode(content))
    body = dict(msgspec.json.decode(content))
    for item in body["entities"]:
        item["blob"] = msgspec.convert(item["blob"], bytes)  # from base64
    return body


def _encoded(request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
    media_type = request.headers["accept"].split(",")[0]
    encode = msgspec.json.encode if media_type == "application/json" else msgspec.msgpack.encode
    return httpx.Response(200, content=encode(body), headers={"content-type": media_type})


def _given(fault: httpx.Response | Exception) -> httpx.Response:
    if isinstance(fault, Exception):
        raise fault
    return fault


class Judge:
    """An `on_conflict` that remembers what it was asked."""

    def __init__(self, *choices: Resolution) -> None:
        self.choices = list(choices)
        self.asked: list[Conflict] = []

    def __call__(self, conflict: Conflict) -> Resolution:
        self.asked.append(conflict)
        return self.choices.pop(0) if self.choices else Keep.BOTH


class Disk:
    """A `save` that keeps the last state as bytes, as a phone's database would."""

    def __init__(self) -> None:
        self.dumped = DeviceState().dump()

    def __call__(self, state: DeviceState) -> None:
        self.dumped = state.dump()

    def load(self) -> DeviceState:
        return DeviceState.load(self.dumped)


LOST = always(httpx.ReadTimeout("lost"))


async def shared(stub: Stub, plaintext: bytes = b"base", **more: Any) -> tuple[str, Judge, Disk]:
    """Give a phone, saved on a disk, one synced note; return what is needed to go on with it."""
    disk = Disk()
    phone = stub.device(save=disk, **more)
    entity_id = phone.put("note", plaintext)
    await phone.sync()
    return entity_id, Judge(), disk
