"""A run of the sender of wake-ups, as a CronJob asks for it every minute (docs/wakeups.md)."""

from typing import Final

import httpx
import msgspec

from medtime_backend.operator_error import OperatorError

FUNCTION: Final = "push-notify"
CALL_SECONDS: Final = 60.0
"""What a client may wait for an answer: a call does what it can do in half of that, and tells whether more is left."""


async def send_what_is_due(http: httpx.AsyncClient, functions_url: str, key: str) -> dict[str, int]:
    """Call the edge function until nothing is due; the numbers of all calls together.

    Raises OperatorError, which tells neither the key nor what was answered.
    """
    told: dict[str, int] = {}
    while True:
        try:
            answer = await http.post(f"{functions_url}/{FUNCTION}", headers={"apikey": key})
        except httpx.HTTPError as fault:
            raise OperatorError(f"The sender cannot be reached ({type(fault).__name__}).") from None
        if answer.status_code != httpx.codes.OK:
            raise OperatorError(f"The sender answers {answer.status_code}; its log says why.")
        try:
            run = msgspec.json.decode(answer.content, type=dict[str, int | bool])
        except msgspec.MsgspecError:
            raise OperatorError("That is no sender: its answer cannot be read.") from None
        told = {name: told.get(name, 0) + number for name, number in run.items()}
        if not run.get("more"):
            return told
