"""Reading a prescription: the image is sealed here, and what was read is opened here."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec

from medtime_backend.client.errors import ProblemError, SyncError, UnexpectedAnswerError
from medtime_backend.client.service import Service
from medtime_backend.ocr import sealing
from medtime_backend.ocr.key_ring import SUITES
from medtime_backend.ocr.sealing_keys import SEED_BYTES, KeyBytesError, PublicKey, SealSuite, SecretKey
from medtime_backend.prescriptions.records import Prescription
from medtime_backend.schemas.ocr import KeysAnswer, OcrEngine, SealingKey

SEAL_ANEW: Final = {"ocr-replayed", "ocr-unknown-key"}
"""Our answer was lost, or our key is over: the same image may go under a new seal."""


class ConsentRefusedError(SyncError):
    """The image would leave the server, and its user does not want that."""


class ReadLine(msgspec.Struct, frozen=True):
    """A line as it was read."""

    text: str
    confidence: float


class Reading(msgspec.Struct, frozen=True):
    """What came of an image: the lines, and what they mean as a prescription (docs/protocol.md)."""

    engine: str
    lines: list[ReadLine]
    prescription: Prescription


async def read_prescription(
    service: Service, user_id: UUID, image: bytes, consent: Callable[[OcrEngine], bool], *, hybrid: bool = True
) -> Reading:
    """Have an image read. `consent` is asked only where the image leaves the server; `hybrid` also withstands quanta.

    Raises SyncError: ConsentRefusedError, ProblemError for what the server refuses, UnexpectedAnswerError.
    """
    for fresh in (False, True):
        known = await service.get("/ocr/key", KeysAnswer, {})
        if known.engine.leaves_server and not consent(known.engine):
            raise ConsentRefusedError("the image would leave the server")
        try:
            return await _ask(service, user_id, image, _chosen(known.keys, hybrid=hybrid))
        except ProblemError as refused:
            if fresh or refused.problem.slug not in SEAL_ANEW:
                raise
    raise AssertionError


def _chosen(keys: list[SealingKey], *, hybrid: bool) -> SealingKey:
    """The first key that is published now, of the suite that is wanted."""
    wanted = SealSuite.MLKEM768_X25519 if hybrid else SealSuite.X25519
    now = datetime.now(UTC)
    for key in keys:
        if SUITES[key.suite] is wanted and now < datetime.fromisoformat(key.published_until):
            return key
    raise UnexpectedAnswerError("there is no key to seal to")


async def _ask(service: Service, user_id: UUID, image: bytes, key: SealingKey) -> Reading:
    suite = SUITES[key.suite]
    public = PublicKey(suite, msgspec.convert(key.public_key, bytes))
    # Made for this request alone, and forgotten with it.
    reply, request_id = SecretKey(suite, os.urandom(SEED_BYTES)), uuid4()
    try:
        sealed = sealing.seal_request(key.id, public, user_id, request_id, reply.public(), image)
        answer = await service.post_sealed("/ocr/process", sealed)
        return msgspec.json.decode(sealing.open_answer(reply, user_id, request_id, answer), type=Reading)
    except (sealing.SealError, KeyBytesError, msgspec.MsgspecError) as fault:
        raise UnexpectedAnswerError(f"unreadable answer: {type(fault).__name__}") from None
