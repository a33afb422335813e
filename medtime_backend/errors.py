"""Every problem the service can answer with: one class each, RFC 9457, explained in docs/errors.md.

A class's docstring is its `title`'s explanation in the docs; `advice` is what the client should do next.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

PROBLEM_BASE = "https://medtime.app/errors/"


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """A problem with a stable type. `facts` are extension members: ids, numbers and reasons, never a payload."""

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    advice: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **facts: Any) -> None:
        super().__init__(self.slug)
        self.detail = detail or self.advice
        self.headers = dict(headers or {})
        self.facts = facts

    @property
    def type(self) -> str:
        """The problem's type URI."""
        return PROBLEM_BASE + self.slug


class MalformedBody(Problem):
    """The body is not the JSON, MessagePack or gzip that its headers say."""

    slug, status = "malformed-body", 400
    title = "The body cannot be read"
    advice = "Send well-formed JSON or MessagePack, gzip-compressed only if Content-Encoding says so."


class InvalidField(Problem):
    """A field outside the entities is missing, unknown or of the wrong form; `field` names it."""

    slug, status = "invalid-field", 400
    title = "A field is missing or wrong"
    advice = "Correct the named field."


class InvalidParameter(Problem):
    """A query parameter is missing, unknown, repeated or out of its range; `parameters` lists the names."""

    slug, status = "invalid-parameter", 400
    title = "A query parameter is missing or wrong"
    advice = "Correct the named parameters; /sync/status tells the limits."


class InvalidEntities(Problem):
    """Entities are refused for different reasons; `entities` names each by id, index and reason.

    When all are refused for the same reason, that reason's own type is answered instead.
    """

    slug, status = "invalid-entities", 422
    title = "Some entities are refused"
    advice = "Correct or set aside the named entities and push the others: nothing of this push was stored."

    @classmethod
    def reasons(cls) -> "tuple[type[InvalidEntities], ...]":
        """The problems of one reason each."""
        return tuple(_RefusedEntities.__subclasses__())


class _RefusedEntities(InvalidEntities):
    """All refused entities of a push share one reason; `entities` names them."""


class MissingField(_RefusedEntities):
    """A field of an entity is missing."""

    slug, status = "missing-field", 400
    title = "A field of an entity is missing"


class UnknownField(_RefusedEntities):
    """An entity has a field that the protocol does not know; it is never accepted silently."""

    slug, status = "unknown-field", 400
    title = "An entity has an unknown field"


class InvalidEntityField(_RefusedEntities):
    """A field of an entity has the wrong type or form (an id that is no UUID, a label with blanks)."""

    slug, status = "invalid-entity-field", 400
    title = "A field of an entity is wrong"


class MissingPrecondition(_RefusedEntities):
    """An entity has no `base_version`: without it a stale copy could overwrite a newer one."""

    slug, status = "missing-precondition", 400
    title = "base_version is missing"


class MalformedPrecondition(_RefusedEntities):
    """A `base_version` is negative, too large or not an integer."""

    slug, status = "malformed-precondition", 400
    title = "base_version is not a version"


class DuplicateId(_RefusedEntities):
    """One push names the same entity more than once."""

    slug, status = "duplicate-id", 400
    title = "An entity is pushed twice in one push"


class BlobNotBase64(_RefusedEntities):
    """A blob in JSON is not standard base64 with padding."""

    slug, status = "blob-not-base64", 400
    title = "A blob is not base64"


class BlobTooLarge(_RefusedEntities):
    """A blob is larger than 1,048,576 bytes; the limit applies to the whole envelope, not to its base64 text."""

    slug, status = "blob-too-large", 413
    title = "A blob is too large"
    advice = "Split or shrink the item: no retry and no other account will help."


class NotAnEnvelope(_RefusedEntities):
    """A blob is not an encrypted envelope: cleartext, base64 text or an unknown format. It is never stored."""

    slug, status = "not-an-envelope", 422
    title = "A blob is not an encrypted envelope"


class ChecksumMismatch(_RefusedEntities):
    """The checksum is not the SHA-256 of the bytes that arrived."""

    slug, status = "checksum-mismatch", 422
    title = "A checksum does not match its blob"


class TombstoneNotEmpty(_RefusedEntities):
    """A deleted entity carries a blob."""

    slug, status = "tombstone-not-empty", 422
    title = "A deleted entity has a blob"


class IdentityChanged(_RefusedEntities):
    """A write would change what never changes: the owner, the id or the entity type."""

    slug, status = "identity-changed", 422
    title = "An entity's type cannot change"


class TooManyEntities(Problem):
    """A push has more than 100 entities."""

    slug, status = "too-many-entities", 413
    title = "Too many entities in one push"
    advice = "Push in batches of at most 100 entities."


class TooManyEntityTypes(Problem):
    """An account would hold more than 64 entity types."""

    slug, status = "too-many-entity-types", 422
    title = "Too many entity types"
    advice = "Use one of the account's existing types."


class TooManyDevices(Problem):
    """An account would have more than 128 devices."""

    slug, status = "too-many-devices", 403
    title = "Too many devices"
    advice = "Keep the device_id over reinstallations (Keychain, Keystore) and use the one that is known."


class BodyTooLarge(Problem):
    """The body is over the limit, as sent or once inflated."""

    slug, status = "body-too-large", 413
    title = "The body is too large"
    advice = "Send less at once: push fewer entities. The account is not full."


class UnsupportedMediaType(Problem):
    """Content-Type or Content-Encoding is not one that this endpoint reads."""

    slug, status = "unsupported-media-type", 415
    title = "Unsupported content type or encoding"
    advice = "Send application/json or application/msgpack, with Content-Encoding gzip or none."


class NotAcceptable(Problem):
    """The Accept header allows none of the formats this endpoint writes."""

    slug, status = "not-acceptable", 406
    title = "No acceptable format"
    advice = "Accept application/json or application/msgpack."


class VersionConflict(Problem):
    """Somebody else has written an entity since the client last saw it; nothing of the push was written.

    `conflicts` names each with `reason`: stale, exists, deleted, unknown or ahead.
    """

    slug, status = "version-conflict", 409
    title = "The push conflicts with newer writes"
    advice = "Pull, let the user or the app decide, and push the named entities again with the new base_version."


class ResyncRequired(Problem):
    """The clock cannot be continued; `reason` is purged, epoch, foreign or unreadable."""

    slug, status = "resync-required", 410
    title = "The clock cannot be continued"
    advice = (
        "Pull again without a clock, keep unsent changes, and drop clean entities that do not come back"
        " (on reason epoch, ask first: the server may have lost them)."
    )


class NotACaregiver(Problem):
    """The caller has no active family link to the owner."""

    slug, status = "not-a-caregiver", 403
    title = "No access to this owner"
    advice = "Ask the owner to share; if access was revoked, remove the owner's data from this device."


class Unauthenticated(Problem):
    """The access token is missing, expired or not acceptable; `reason` says which."""

    slug, status = "unauthenticated", 401
    title = "A valid access token is needed"
    advice = "Refresh the access token and try again; clocks and pending pushes stay valid."

    def __init__(self, reason: str) -> None:
        error = "" if reason == "missing-token" else ' error="invalid_token",'
        super().__init__(headers={"WWW-Authenticate": f'Bearer{error} realm="medtime"'}, reason=reason)


class UnknownUser(Unauthenticated):
    """The token is valid, but its user has been deleted."""

    slug, status = "unknown-user", 401
    title = "This user does not exist any more"
    advice = "Sign in again."

    def __init__(self) -> None:
        super().__init__("deleted-user")


class NotFound(Problem):
    """There is nothing at this address."""

    slug, status = "not-found", 404
    title = "Not found"
    advice = "Check the path."


class MethodNotAllowed(Problem):
    """The address exists, but not for this method; Allow lists those that do."""

    slug, status = "method-not-allowed", 405
    title = "Method not allowed"
    advice = "Use a method that the Allow header lists."


class Busy(Problem):
    """The server could not do it now: a lock, a time-out or a restart of the database stood in the way."""

    slug, status = "busy", 503
    title = "Try again shortly"
    advice = "Repeat the same request after Retry-After seconds; nothing is stored twice."
    retryable = True

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})


class InternalError(Problem):
    """A fault of the server. The request id finds it in the logs."""

    slug, status = "internal-error", 500
    title = "A fault of the server"
    advice = "Repeat the same request later; if it stays, report the request_id."
    retryable = True


def _leaves(kind: type[Problem]) -> list[type[Problem]]:
    found = [kind] if "slug" in vars(kind) else []
    return found + [leaf for child in kind.__subclasses__() for leaf in _leaves(child)]


PROBLEMS: Mapping[str, type[Problem]] = {kind.slug: kind for kind in _leaves(Problem)}
"""Every problem by its slug."""
