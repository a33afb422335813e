"""`medtime serve`: run the service with settings from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.output import messages
from cli.service_server import ServiceServer
from cli.tls_files import check_tls_files
from medtime_backend.environment import unknown
from medtime_backend.exposition import directory_of_workers
from medtime_backend.local.ports import PortReservation
from medtime_backend.operator_error import OperatorError
from medtime_backend.services import ocr
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import SettingsError, listening_address


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes; one for each core.")] = 1,
    certificate: Annotated[
        Path | None, typer.Option(help="PEM chain. With it the service speaks TLS 1.3 and nothing older.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="PEM key of the certificate (PKCS#8, no password).")] = None,
) -> None:
    """Run the service; docs/configuration.md lists the settings. SIGTERM ends it without losing a request."""
    try:
        settings = Settings.from_environment()
        if settings.has_ocr:
            ocr.public_ring(settings)
    except SettingsError as error:
        raise OperatorError(f"Cannot serve: {error}.") from error
    # Not refused: what a newer release was given must not keep an older one from starting (ADR 31).
    for variable in unknown(os.environ, Settings.__struct_fields__):
        messages.print(f"No setting: {variable}; it has no effect.", style="yellow", markup=False)
    if settings.hides_metrics:
        messages.print(
            "/metrics is hidden from MEDTIME_TRUSTED_PROXIES: for a Prometheus there, set MEDTIME_METRICS_LISTEN.",
            style="yellow",
            markup=False,
        )
    check_tls_files(certificate, key)
    # Granian would share a busy port without a word (SO_REUSEPORT).
    PortReservation(port, host).release()
    if settings.metrics_listen:
        metrics_host, metrics_port = listening_address(settings.metrics_listen)
        if metrics_port == port:
            raise OperatorError("Cannot serve: MEDTIME_METRICS_LISTEN names the service's own port.")
        PortReservation(metrics_port, metrics_host).release()
    server = ServiceServer(
        host=host,
        port=port,
        workers=workers,
        drain_seconds=settings.drain_seconds,
        request_timeout=settings.request_timeout,
        certificate=certificate,
        key=key,
    )
    with directory_of_workers():
        server.run()
