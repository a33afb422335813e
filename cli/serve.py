"""`medtime serve`: run the service with settings from the environment."""

from __future__ import annotations

from typing import Annotated

import typer
from granian import Granian
from granian.constants import Interfaces, Loops

from medtime_backend.exposition import directory_of_workers
from medtime_backend.local.ports import PortReservation
from medtime_backend.operator_error import OperatorError
from medtime_backend.services import ocr
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import SettingsError


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes.")] = 1,
) -> None:
    """Run the service; docs/configuration.md lists the settings."""
    try:
        settings = Settings.from_environment()
        if settings.has_ocr:
            ocr.public_ring(settings)
    except SettingsError as error:
        raise OperatorError(f"Cannot serve: {error}.") from error
    # Granian would share a busy port without a word (SO_REUSEPORT).
    PortReservation(port, host).release()
    with directory_of_workers():
        Granian(
            "medtime_backend.app:create_app",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            workers=workers,
            factory=True,
            websockets=False,
        ).serve()
