"""What an app is asked when an entity was edited here and elsewhere, and what it can answer."""

from dataclasses import dataclass, field
from enum import Enum

from medtime_backend.client.messages import ConflictReason


class Keep(Enum):
    """How a conflict can be settled; a merged plaintext is the fourth way."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"  # theirs stays, mine becomes a new entity


Resolution = Keep | bytes


@dataclass(frozen=True)
class Conflict:
    """Plaintexts of an entity edited here and elsewhere: None where deleted, unknown or never synced."""

    id: str
    entity_type: str
    reason: ConflictReason
    mine: bytes | None = field(repr=False)  # cleartext belongs in no log
    theirs: bytes | None = field(repr=False)
    base: bytes | None = field(repr=False)


def keep_both(conflict: Conflict) -> Resolution:
    """Lose nothing, ask nobody: the default. What the server has lost goes back under its own name."""
    return Keep.MINE if conflict.reason in {"unknown", "ahead"} else Keep.BOTH
