"""Why an access token does not open the door: one problem each, with the challenge of RFC 6750.

`counter` names the metric that counts a refusal: a token that is not good, or one that was and is so no longer.
"""

from typing import Any, ClassVar, Literal

from medtime_backend.errors.problem import Problem


class AccessRefused(Problem):
    """The request is not let in."""

    status = 401
    counter: ClassVar[Literal["invalid_jwt", "auth_failures"]] = "invalid_jwt"
    challenge: ClassVar[str] = "invalid_token"
    """RFC 6750, section 3.1: the `error` of the WWW-Authenticate header; empty without a token."""

    def __init__(self, **facts: Any) -> None:
        error = f', error="{self.challenge}"' if self.challenge else ""
        super().__init__(headers={"WWW-Authenticate": f'Bearer realm="medtime"{error}'}, **facts)


class MissingToken(AccessRefused):
    """There is no Authorization header."""

    slug = "missing-token"
    title = "An access token is needed"
    advice = "Send Authorization: Bearer with an access token of Supabase Auth."
    counter = "auth_failures"
    challenge = ""


class MalformedAuthorization(AccessRefused):
    """There are several Authorization headers, or one that is not `Bearer` and a token."""

    slug = "malformed-authorization"
    title = "The Authorization header is not one bearer token"
    advice = "Send exactly one Authorization header: Bearer, a space, the access token."
    counter = "auth_failures"
    challenge = "invalid_request"


class MalformedToken(AccessRefused):
    """The token is not a signed JSON Web Token with readable claims."""

    slug = "malformed-token"
    title = "The token cannot be read"
    advice = "Send the access token exactly as Supabase Auth gave it."


class TokenTooLarge(AccessRefused):
    """The token is longer than 16 KiB."""

    slug = "token-too-large"
    title = "The token is too large"
    advice = "Keep user and app metadata small, then sign in again."


class KeyInHeader(AccessRefused):
    """The token's header brings its own key or says where to fetch one (`jwk`, `jku`, `x5c`, `x5u`)."""

    slug = "key-in-header"
    title = "The token names its own key"
    advice = "Send a token of Supabase Auth; keys are only taken from its published set."


class UnknownKey(AccessRefused):
    """The token names no key, or one that Supabase Auth does not publish."""

    slug = "unknown-key"
    title = "The token's key is not known"
    advice = "Refresh the access token; one signed with a withdrawn key never becomes valid again."


class WrongAlgorithm(AccessRefused):
    """The token is signed with another algorithm than its key's, or one that is not allowed here (`none`, HS256)."""

    slug = "wrong-algorithm"
    title = "The token's algorithm is not accepted"
    advice = "Refresh the access token; operators: see MEDTIME_JWT_ALGORITHMS."


class BadSignature(AccessRefused):
    """The signature does not fit."""

    slug = "bad-signature"
    title = "The token's signature is wrong"
    advice = "Send the access token exactly as Supabase Auth gave it."


class TokenExpired(AccessRefused):
    """The token's hour is over. Clocks and pending pushes stay valid."""

    slug = "token-expired"
    title = "The token has expired"
    advice = "Refresh the access token and repeat the same request; clocks and pending pushes stay valid."


class TokenNotYetValid(AccessRefused):
    """The token's `nbf` lies ahead."""

    slug = "token-not-yet-valid"
    title = "The token is not valid yet"
    advice = "Refresh the access token; operators: compare the clocks of Auth and the service."


class TokenFromTheFuture(AccessRefused):
    """The token's `iat` lies further ahead than clocks differ."""

    slug = "token-from-the-future"
    title = "The token was issued in the future"
    advice = "Refresh the access token; operators: compare the clocks of Auth and the service."


class WrongIssuer(AccessRefused):
    """Another server issued the token."""

    slug = "wrong-issuer"
    title = "The token is of another issuer"
    advice = "Sign in at this service's own Supabase Auth; operators: see MEDTIME_JWT_ISSUER."


class WrongAudience(AccessRefused):
    """The token is meant for another service."""

    slug = "wrong-audience"
    title = "The token is meant for another service"
    advice = "Sign in for this service; operators: see MEDTIME_JWT_AUDIENCE and the access-token hook."


class MissingClaim(AccessRefused):
    """A claim that every token of Supabase Auth has is missing; `claim` names it."""

    slug = "missing-claim"
    title = "The token lacks a claim"
    advice = "Refresh the access token; operators: run medtime users hook-check."


class InvalidSubject(AccessRefused):
    """The token's `sub` or `session_id` is not a UUID."""

    slug = "invalid-subject"
    title = "The token names no user"
    advice = "Send an access token of a signed-in user."


class NotAUserToken(AccessRefused):
    """The token is genuine, but an API key's or a server's (role anon, service_role): no user's data is open to it."""

    slug, status = "not-a-user-token", 403
    title = "The token is not a user's"
    advice = "Send the access token of a signed-in user, never an API key."
    challenge = "insufficient_scope"


class AnonymousUser(AccessRefused):
    """The token is of an anonymous sign-in: data that nobody could sign in to again is not taken."""

    slug, status = "anonymous-user", 403
    title = "Anonymous users are not served"
    advice = "Let the user sign in, or link an e-mail address or provider to this user first."
    challenge = "insufficient_scope"


class SessionEnded(AccessRefused):
    """The token has not expired, but its session was signed out, ended or deleted."""

    slug = "session-ended"
    title = "The session has ended"
    advice = "Sign in again; unsent changes stay on the device and go with the next push."
    counter = "auth_failures"


class UnknownUser(AccessRefused):
    """The token is valid, but its user has been deleted."""

    slug = "unknown-user"
    title = "This user does not exist any more"
    advice = "Sign in again."
    counter = "auth_failures"


class BannedUser(AccessRefused):
    """The user has been banned."""

    slug, status = "banned-user", 403
    title = "This user is banned"
    advice = "Contact support; the data stays on the device."
    counter = "auth_failures"
    challenge = "insufficient_scope"


def access_problems() -> tuple[type[AccessRefused], ...]:
    """All of them, as each route that needs a token documents them."""
    return tuple(AccessRefused.__subclasses__())
