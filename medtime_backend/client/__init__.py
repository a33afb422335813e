"""The reference client: what a phone does to keep its entities in step with the server.

`device.py` is the life of a sync, `state.py` all that must survive a crash, `ocr.py` reading a prescription,
`service.py` one call with its retries, `messages.py` the bodies, `errors.py` what can go wrong.
"""

from medtime_backend.client.device import Device, keep_both
from medtime_backend.client.errors import (
    OwnerMismatchError,
    ProblemError,
    SyncError,
    UnexpectedAnswerError,
    UnknownEntityError,
    UnreachableError,
    UnsettledError,
)
from medtime_backend.client.messages import Item, Limits, Problem, Status
from medtime_backend.client.ocr import ConsentRefusedError, Reading, ReadLine, read_prescription
from medtime_backend.client.state import Conflict, DeviceState, Entity, Keep, Replica, Resolution

__all__ = [
    "Conflict",
    "ConsentRefusedError",
    "Device",
    "DeviceState",
    "Entity",
    "Item",
    "Keep",
    "Limits",
    "OwnerMismatchError",
    "Problem",
    "ProblemError",
    "ReadLine",
    "Reading",
    "Replica",
    "Resolution",
    "Status",
    "SyncError",
    "UnexpectedAnswerError",
    "UnknownEntityError",
    "UnreachableError",
    "UnsettledError",
    "keep_both",
    "read_prescription",
]
