"""Sign-ins in a browser that wait for their code to be exchanged (PKCE, RFC 7636). In memory: a restart ends them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from medtime_backend.local.auth_server.errors import AuthError

LIFETIME_SECONDS = 300.0
# An expired code is known as such for a while, then forgotten.
REMEMBERED_SECONDS = 3600.0
CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True)
class FlowState:
    """Who has signed in, and what only the one who began can prove."""

    user_id: uuid.UUID
    code_challenge: str
    made_at: float


class FlowStates:
    """The flows by their code. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._flows: dict[str, FlowState] = {}

    def begin(self, user_id: uuid.UUID, code_challenge: str) -> str:
        """Return the code of a new flow."""
        now = self._clock()
        self._flows = {code: flow for code, flow in self._flows.items() if now - flow.made_at < REMEMBERED_SECONDS}
        code = str(uuid.uuid4())
        self._flows[code] = FlowState(user_id, code_challenge, now)
        return code

    def redeem(self, code: str, verifier: str) -> uuid.UUID:
        """Return the user of a code, which is used up by that. Raises AuthError."""
        flow = self._flows.get(code)
        if flow is None:
            raise AuthError(404, "flow_state_not_found", "invalid flow state, no valid flow state found")
        if self._clock() - flow.made_at > LIFETIME_SECONDS:
            raise AuthError(422, "flow_state_expired", "invalid flow state, flow state has expired")
        if not hmac.compare_digest(challenge_of(verifier), flow.code_challenge):
            message = "code challenge does not match previously saved code verifier"
            raise AuthError(400, "bad_code_verifier", message)
        del self._flows[code]
        return flow.user_id


def check_challenge(challenge: str, method: str) -> None:
    """Refuse what is no S256 challenge. Raises AuthError."""
    if method.lower() != "s256":
        raise AuthError(400, "validation_failed", "code challenge method must be s256")
    if not CHALLENGE.fullmatch(challenge):
        raise AuthError(400, "validation_failed", "code challenge must be 43 to 128 unreserved characters")


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
