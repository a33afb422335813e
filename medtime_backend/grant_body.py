"""Reads the body of a token request so that a wrong field is named, and nothing of its value told."""

import re

import msgspec

from medtime_backend import errors, formats
from medtime_backend.schemas.auth import GRANTS, Grant

FIELD = re.compile(r"\$\.(\w+)|missing required field `(\w+)`")


def read_grant(grant_type: str, body: bytes) -> Grant:
    """The grant of this type, one of GRANTS. Raises MalformedBody and InvalidField."""
    try:
        return msgspec.json.decode(body, type=GRANTS[grant_type])
    except msgspec.ValidationError as fault:
        raise errors.InvalidField(field=_field_of(fault)) from None
    except formats.UNREADABLE:
        raise errors.MalformedBody from None


def _field_of(fault: msgspec.ValidationError) -> str:
    """The field's name. An unknown one is the client's own text: it is not repeated."""
    text = str(fault)
    if "unknown field" in text:
        return "unknown"
    if "exactly one of" in text:
        return "email"
    found = FIELD.search(text)
    return (found[1] or found[2]) if found else "body"
