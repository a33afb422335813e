"""Refused entities of a push, as one problem that names each of them."""

from collections.abc import Sequence
from typing import Any

from medtime_backend import errors


def refusal(entities: Sequence[dict[str, Any]]) -> errors.Problem:
    """The problem of refused entities [{id, index, reason}]: the reason's own type if they share it."""
    reasons = {entity["reason"] for entity in entities}
    kind = errors.PROBLEMS.get(reasons.pop(), errors.InvalidEntities) if len(reasons) == 1 else errors.InvalidEntities
    return kind(entities=list(entities))
