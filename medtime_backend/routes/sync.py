"""/sync: push, pull, status."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import Parameter

from medtime_backend import errors, formats, logs
from medtime_backend.authentication import RATE_GROUP
from medtime_backend.exchange import THREAD_ABOVE, answer, answer_format, read_body
from medtime_backend.identity import Identity
from medtime_backend.limits import LIMITS
from medtime_backend.push_body import read_push
from medtime_backend.request_headers import header
from medtime_backend.routes.documentation import PushOperation, documented
from medtime_backend.routes.parameters import in_utc, refuse_unknown
from medtime_backend.schemas.sync import DEVICE_ID, ENTITY_TYPE, PullAnswer, PushAnswer, StatusAnswer
from medtime_backend.services import sync

type_filter = Parameter(query="entity_type", pattern=ENTITY_TYPE, description="Only this type")


PUSH_PROBLEMS: tuple[type[errors.Problem], ...] = (
    errors.VersionConflict,
    errors.ResyncRequired,
    errors.MalformedBody,
    errors.InvalidField,
    errors.TooManyEntities,
    errors.BodyTooLarge,
    errors.UnsupportedMediaType,
    errors.TooManyDevices,
    errors.TooManyEntityTypes,
    errors.QuotaExceeded,
    errors.InvalidEntities,
    *errors.InvalidEntities.reasons(),
)


@post(
    "/push",
    status_code=200,
    operation_class=PushOperation,
    opt={RATE_GROUP: "sync_push"},
    responses=documented(PushAnswer, *PUSH_PROBLEMS),
)
async def push(request: Request[Identity, None, Any], sync_desk: NamedDependency[sync.SyncDesk]) -> Response[bytes]:
    """Store 1 to 100 writes, all or none, each against the version it was based on."""
    refuse_unknown(request)
    answered = answer_format(request)
    format_ = formats.content_format(header(request.scope, b"content-type"))
    body = await read_body(request, LIMITS.push_body_bytes)
    if len(body) > THREAD_ABOVE:
        read = await asyncio.to_thread(read_push, body, format_)
    else:
        read = read_push(body, format_)
    logs.note(request.scope, entities=len(read.entities))
    done = await sync.push(sync_desk.database, sync_desk.calls, request.user, read)
    return await answer(request, done, answered)


@get(
    "/pull",
    opt={RATE_GROUP: "sync_pull"},
    responses=documented(PullAnswer, errors.ResyncRequired, errors.NotACaregiver, errors.InvalidParameter),
)
async def pull(
    request: Request[Identity, None, Any],
    sync_desk: NamedDependency[sync.SyncDesk],
    device_id: Annotated[str, Parameter(pattern=DEVICE_ID, description="The installation, as it names itself")],
    clock: Annotated[str | None, Parameter(description="The last clock; without one, from the beginning")] = None,
    limit: Annotated[int, Parameter(ge=1, le=LIMITS.entities_per_page)] = LIMITS.entities_per_page_default,
    owner: Annotated[UUID | None, Parameter(description="Another owner, for a caregiver")] = None,
    entity_type: Annotated[str | None, type_filter] = None,
    since: Annotated[datetime | None, Parameter(description="RFC 3339; instead of a clock")] = None,
) -> Response[bytes]:
    """A page of what is news to the clock, oldest change first."""
    refuse_unknown(request, "device_id", "clock", "limit", "owner", "entity_type", "since")
    if since is not None and clock is not None:
        raise errors.InvalidParameter(parameters=["since"])
    answered = answer_format(request)
    page = await sync.pull(
        sync_desk.reads,
        request.user,
        device_id=device_id,
        owner=owner,
        clock=clock,
        limit=limit,
        entity_type=entity_type,
        since=since if since is None else in_utc("since", since),
    )
    logs.note(request.scope, entities=len(page.entities))
    return await answer(request, page, answered)


@get(
    "/status",
    opt={RATE_GROUP: "sync_pull"},
    responses=documented(StatusAnswer, errors.NotACaregiver, errors.InvalidParameter),
)
async def status(
    request: Request[Identity, None, Any],
    sync_desk: NamedDependency[sync.SyncDesk],
    owner: Annotated[UUID | None, Parameter(description="Another owner, for a caregiver")] = None,
    device_id: Annotated[str | None, Parameter(pattern=DEVICE_ID, description="The installation")] = None,  # noqa: ARG001 - validated, for symmetry with the pull
    digest: Annotated[bool, Parameter(description="With the integrity digests")] = False,  # noqa: FBT002 - a query flag
) -> Response[bytes]:
    """Devices, counts, bytes, clock, limits, and the owners that may be read."""
    refuse_unknown(request, "owner", "digest", "device_id")
    answered = answer_format(request)
    rates = sync_desk.rates[request.user.tier]
    found = await sync.status(sync_desk.database, request.user, rates, owner=owner, digest=digest)
    return await answer(request, found, answered)


router = Router("/sync", route_handlers=[push, pull, status], tags=["sync"], security=[{"bearer": []}])
