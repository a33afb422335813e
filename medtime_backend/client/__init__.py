"""The reference client: what a phone does to keep its entities in step with the server.

`device.py` is what an app calls. A sync is `pulling.py`, which ends with `settling.py` for what conflicts, and then
`pushing.py`, which pulls and settles again when a push is refused. What they work on is `state.py`, all that must
survive a crash, with its copies of entities in `replica.py`.

`account.py` is what the server says of the user, `conflicts.py` what the app is asked, `keyring.py` sealing and
opening, `ocr.py` reading a prescription, `service.py` one call with its retries, `messages.py` the bodies, `errors.py`
what can go wrong.
"""

from medtime_backend.client.conflicts import Conflict, Keep, Resolution, keep_both
from medtime_backend.client.device import Device
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
from medtime_backend.client.replica import Entity, Replica
from medtime_backend.client.state import DeviceState

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
