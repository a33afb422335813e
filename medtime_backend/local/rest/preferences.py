"""The headers that say how an answer is wanted: Prefer and Accept."""

from __future__ import annotations

from dataclasses import dataclass

from medtime_backend.local.rest.refusals import Refused, not_in_the_twin

SINGULAR = "application/vnd.pgrst.object+json"
READABLE = ("*/*", "application/*", "application/json")
KNOWN = {
    "return": {"representation", "minimal", "headers-only"},
    "handling": {"lenient", "strict"},
    "missing": {"null"},
    "resolution": {"merge-duplicates", "ignore-duplicates"},
    "tx": {"commit"},
}


@dataclass(frozen=True)
class Preferences:
    """`representation`: the rows that were written are wanted. `singular`: exactly one row is, without its array.

    `resolution`: what becomes of a row that is there already, merge-duplicates or ignore-duplicates.
    """

    representation: bool
    singular: bool
    resolution: str | None


def read_preferences(prefer: str, accept: str) -> Preferences:
    """Read both headers. Raises Refused."""
    wished = dict(part.strip().partition("=")[::2] for part in prefer.split(",") if part.strip())
    for name, value in wished.items():
        if value not in KNOWN.get(name, ()):
            raise not_in_the_twin(f"Prefer: {name}={value}")
    kinds = [part.partition(";")[0].strip() for part in accept.split(",")] if accept else ["*/*"]
    singular = SINGULAR in kinds
    if not singular and not any(kind in READABLE for kind in kinds):
        raise Refused(406, "PGRST107", f"None of these media types are available: {accept}")
    return Preferences(wished.get("return") == "representation", singular, wished.get("resolution"))
