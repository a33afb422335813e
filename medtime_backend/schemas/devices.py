"""Requests of /devices (docs/wakeups.md)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Token = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_:.-]{20,2048}$(?!\n)",
        description="What APNs (hex) or FCM gave the app. Never told again, to nobody",
    ),
]


class PushDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a device is woken. FCM has no sandbox."""

    platform: Literal["apns", "fcm"]
    token: Token
    environment: Literal["production", "sandbox"] = "production"
