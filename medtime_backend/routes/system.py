"""/health: whether the process lives, and whether it can serve. /metrics: what it has counted."""

import asyncio
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency

from medtime_backend import errors
from medtime_backend.authentication import PUBLIC, UNCOUNTED, address_of
from medtime_backend.client_address import Networks, belongs
from medtime_backend.database import Database
from medtime_backend.exposition import CONTENT_TYPE
from medtime_backend.metrics import Metrics
from medtime_backend.routes.documentation import documented_problems
from medtime_backend.services.readiness import Readiness
from medtime_backend.services.standing import Standing
from medtime_backend.settings import Settings

RELAYED = {"forwarded", "via", "x-real-ip"}


@get("/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/ready", responses=documented_problems(errors.Busy, errors.InternalError))
async def ready(readiness: NamedDependency[Readiness]) -> dict[str, str]:
    """How each dependency is; 503 when the database is away or the service is about to stop."""
    return {"status": "ok", **await readiness.judge()}


@get("/metrics", media_type="text/plain; version=0.0.4", include_in_schema=False)
async def metrics(
    request: Request[Any, Any, Any],
    counted: NamedDependency[Metrics],
    database: NamedDependency[Database],
    standing: NamedDependency[Standing],
    settings: NamedDependency[Settings],
    trusted: NamedDependency[Networks],
) -> Response[bytes]:
    """The metrics of this instance, for the networks of MEDTIME_METRICS_NETWORKS; there is nothing here for others.

    Nor for anybody while they have a port of their own (metrics_port).
    """
    peer = request.client.host if request.client else ""
    client = address_of(request.scope, trusted)
    # Whoever comes through a gateway that does not say for whom, or that nobody declared, would seem to be the gateway.
    relayed = RELAYED & set(request.headers) or (belongs(peer, trusted) and client == peer)
    forged = "x-forwarded-for" in request.headers and not belongs(peer, trusted)
    if settings.metrics_listen or relayed or forged or not belongs(client, Networks(settings.metrics_networks)):
        raise errors.NotFound
    await standing.refresh(database)
    # In a thread: the files of all workers are read, for which one may have to wait for another.
    return Response(await asyncio.to_thread(counted.exposition), media_type=CONTENT_TYPE)


health = Router("/health", route_handlers=[live, ready], tags=["system"], opt={PUBLIC: True, UNCOUNTED: True})
router = Router("/", route_handlers=[health, metrics], opt={PUBLIC: True, UNCOUNTED: True})
