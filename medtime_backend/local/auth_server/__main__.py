"""Run the local auth server: `python -m medtime_backend.local.auth_server`, by the stack only."""

from __future__ import annotations

import sys

from granian import Granian
from granian.constants import Interfaces, Loops

from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.errors import StackError
from medtime_backend.local.ports import LOOPBACK


def main() -> None:
    """Serve until told to stop."""
    try:
        settings = AuthSettings.from_environment()
    except StackError as error:
        sys.exit(str(error))
    Granian(
        "medtime_backend.local.auth_server.app:create_app",
        address=LOOPBACK,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        factory=True,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main()
