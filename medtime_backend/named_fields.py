"""Reads a small body into its struct, so that a wrong field is named, and nothing of its value told."""

import re
from typing import Any

import msgspec

from medtime_backend import errors, formats

FIELD = re.compile(r"\$\.(\w+)|missing required field `(\w+)`")


def read_fields(body: bytes, format_: formats.Format, kind: Any) -> Any:
    """The struct of this kind. Raises MalformedBody and InvalidField."""
    try:
        return formats.decode(body, format_, kind)
    except msgspec.ValidationError as fault:
        raise errors.InvalidField(field=field_of(fault)) from None
    except formats.UNREADABLE:
        raise errors.MalformedBody from None


def field_of(fault: msgspec.ValidationError) -> str:
    """The name of the wrong field. An unknown one is the client's own text: it is not repeated."""
    text = str(fault)
    if "unknown field" in text:
        return "unknown"
    found = FIELD.search(text)
    return (found[1] or found[2]) if found else "body"
