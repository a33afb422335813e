"""Entities of a push that are refused, each named by id, index and reason."""

from medtime_backend.errors.problem import Problem


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
