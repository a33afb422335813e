"""Reads the body of a token request so that a wrong field is named, and nothing of its value told."""

import msgspec

from medtime_backend import errors, formats
from medtime_backend.named_fields import field_of
from medtime_backend.schemas.auth import GRANTS, Grant


def read_grant(grant_type: str, body: bytes) -> Grant:
    """The grant of this type, one of GRANTS. Raises MalformedBody and InvalidField."""
    try:
        return msgspec.json.decode(body, type=GRANTS[grant_type])
    except msgspec.ValidationError as fault:
        field = "email" if "exactly one of" in str(fault) else field_of(fault)
        raise errors.InvalidField(field=field) from None
    except formats.UNREADABLE:
        raise errors.MalformedBody from None
