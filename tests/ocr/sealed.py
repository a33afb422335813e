"""A client's end of the seal, for tests that need more than the reference client shows."""

import base64
import json
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from medtime_backend.ocr import sealing
from medtime_backend.ocr.key_ring import SUITES
from medtime_backend.ocr.sealing_keys import PublicKey, SealSuite, SecretKey

OCTETS = "application/octet-stream"


@dataclass
class Sealed:
    """A sealed image, and what opens its answer."""

    content: bytes
    user_id: UUID
    request_id: UUID
    reply: SecretKey

    def opened(self, answer: bytes) -> dict[str, Any]:
        return dict(json.loads(sealing.open_answer(self.reply, self.user_id, self.request_id, answer)))


def seal(key_id: str, key: PublicKey, user_id: UUID, image: bytes, request_id: UUID | None = None) -> Sealed:
    """Seal an image under a new request id."""
    request_id = request_id or uuid4()
    reply = SecretKey(key.suite, os.urandom(32))
    content = sealing.seal_request(key_id, key, user_id, request_id, reply.public(), image)
    return Sealed(content, user_id, request_id, reply)


async def seal_for(
    http: httpx.AsyncClient, user_id: UUID, image: bytes, suite: SealSuite = SealSuite.X25519, **more: Any
) -> Sealed:
    """Seal an image to the key that the service publishes."""
    keys = (await http.get("/ocr/key")).json()["keys"]
    key = next(key for key in keys if SUITES[key["suite"]] is suite)
    return seal(key["id"], PublicKey(suite, base64.b64decode(key["public_key"])), user_id, image, **more)


async def send(http: httpx.AsyncClient, content: bytes, **headers: str) -> httpx.Response:
    """Send bytes to be read."""
    return await http.post("/ocr/process", content=content, headers={"Content-Type": OCTETS, **headers})
