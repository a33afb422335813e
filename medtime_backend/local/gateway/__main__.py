"""Run the gateway: `python -m medtime_backend.local.gateway`, by the stack only."""

from __future__ import annotations

import sys

from granian import Granian
from granian.constants import Interfaces, Loops

from medtime_backend.local.errors import StackError
from medtime_backend.local.gateway.settings import GatewaySettings
from medtime_backend.local.ports import LOOPBACK


def main() -> None:
    """Serve until told to stop."""
    try:
        settings = GatewaySettings.from_environment()
    except StackError as error:
        sys.exit(str(error))
    Granian(
        "medtime_backend.local.gateway.app:create_app",
        address=LOOPBACK,
        port=settings.auth.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        factory=True,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main()
