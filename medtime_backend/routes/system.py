"""/health: whether the process lives, and whether it can serve."""

from litestar import Router, get
from litestar.di import NamedDependency

from medtime_backend import errors
from medtime_backend.authentication import PUBLIC
from medtime_backend.database import Database
from medtime_backend.routes.documentation import documented_problems


@get("/live", opt={PUBLIC: True})
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/ready", opt={PUBLIC: True}, responses=documented_problems(errors.Busy, errors.InternalError))
async def ready(database: NamedDependency[Database]) -> dict[str, str]:
    """The database answers too; 503 otherwise."""
    await database.fetch("ready")
    return {"status": "ok"}


router = Router("/health", route_handlers=[live, ready], tags=["system"])
