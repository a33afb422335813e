"""Signing in and out at Supabase Auth, for a phone that talks to the service alone."""

from typing import Any, NamedTuple

from supabase_auth import AsyncGoTrueClient

from medtime_backend import errors
from medtime_backend.admission import AdmissionDesk
from medtime_backend.identity import Identity
from medtime_backend.relay import AuthRelay
from medtime_backend.schemas.auth import Grant, IdTokenGrant, PasswordGrant, PkceGrant, RefreshGrant, Security


class Departure(NamedTuple):
    """A sign-out: the access token, the client's address, and the scope: local, others or global."""

    token: str
    address: str
    scope: str


async def sign_in(relay: AuthRelay, grant: Grant, address: str) -> bytes:
    """Tokens for a grant, in Auth's own JSON.

    A refresh is asked for exactly once: Auth knows what a repeated one means. Raises AuthRefused, RateLimited and
    AuthUnavailable.
    """
    return await relay.tokens(address, lambda auth: _present(auth, grant))


async def sign_out(relay: AuthRelay, desk: AdmissionDesk, identity: Identity, departure: Departure) -> None:
    """End sessions at Auth, then for all instances at once.

    Raises AuthRefused, RateLimited and AuthUnavailable: then no session has ended. Raises SessionEnded when this one
    was no longer good enough to end others with.
    """
    try:
        await relay.sign_out(departure.address, departure.token, departure.scope)
    except errors.SessionEnded:
        await desk.end_sessions(identity, "local")
        raise
    await desk.end_sessions(identity, departure.scope)


async def _present(auth: AsyncGoTrueClient, grant: Grant) -> object:
    # The package's types know no null where a member may be absent; to Auth both are the same.
    credentials: Any
    match grant:
        case PasswordGrant():
            who = {"email": grant.email} if grant.email is not None else {"phone": grant.phone}
            credentials = {**who, "password": grant.password, "options": _options(grant.gotrue_meta_security)}
            return await auth.sign_in_with_password(credentials)
        case RefreshGrant():
            return await auth.refresh_session(grant.refresh_token)
        case IdTokenGrant():
            credentials = {
                "provider": grant.provider,
                "token": grant.id_token,
                "access_token": grant.access_token,
                "nonce": grant.nonce,
                "options": _options(grant.gotrue_meta_security),
            }
            return await auth.sign_in_with_id_token(credentials)
        case PkceGrant():
            credentials = {"auth_code": grant.auth_code, "code_verifier": grant.code_verifier}
            return await auth.exchange_code_for_session(credentials)


def _options(security: Security | None) -> dict[str, Any]:
    return {"captcha_token": security.captcha_token} if security and security.captcha_token else {}
