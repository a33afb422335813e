"""Problems of push, pull and status as a whole."""

from medtime_backend.errors.problem import Problem


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


class QuotaExceeded(Problem):
    """The push would take the account over its tier's storage; nothing of it was stored.

    `quota_bytes` is the tier's, `used_bytes` what is stored, `needed_bytes` what the push would add.
    """

    slug, status = "quota-exceeded", 403
    title = "The account's storage is full"
    advice = "Delete something, or move to a larger tier, then push again; deletions are always accepted."


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
