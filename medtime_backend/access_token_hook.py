"""What Supabase Auth asks of an access-token hook: an event goes in, claims that it still accepts come out.

Source: Auth checks a hook's claims against its MinimumViableTokenSchema (supabase/auth, internal/tokens/service.go) and
gives a hook in Postgres two seconds (internal/hooks/hookspgfunc).
"""

from collections.abc import Mapping
from typing import Any, Final

HOOK: Final = "public.custom_access_token_hook(jsonb)"
TIMEOUT_SECONDS: Final = 2

_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "aud": (str, list),
    "exp": int,
    "iat": int,
    "nbf": int,
    "sub": str,
    "email": str,
    "phone": str,
    "role": str,
    "aal": str,
    "session_id": str,
    "client_id": str,
    "iss": str,
    "jti": str,
    "app_metadata": dict,
    "user_metadata": dict,
    "amr": list,
}
REQUIRED_CLAIMS: Final = (
    *("aud", "exp", "iat", "sub", "email", "phone", "role", "aal", "session_id"),
    "is_anonymous",
)
"""Claims without which Auth refuses to sign."""


def event_for(user_id: str, claims: Mapping[str, Any], authentication_method: str) -> dict[str, Any]:
    """The event that Auth hands to the hook; the method is `password`, `token_refresh`, `oauth` or the like."""
    return {"user_id": user_id, "claims": dict(claims), "authentication_method": authentication_method}


def faults_of_claims(claims: Mapping[str, Any]) -> list[str]:
    """What Auth would not accept, one sentence for each claim; empty if it would sign these claims."""
    faults = [f"{name} is missing" for name in REQUIRED_CLAIMS if name not in claims]
    for name, kinds in _KINDS.items():
        value = claims.get(name)
        # In JSON a boolean is no integer.
        if name in claims and (not isinstance(value, kinds) or isinstance(value, bool)):
            faults.append(f"{name} is of the wrong type")
    if not all(isinstance(method, dict) for method in _list(claims.get("amr"))):
        faults.append("amr holds something else than objects")
    return faults


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
