"""/devices: where a device is woken when something has changed."""

from typing import Annotated, Any

from litestar import Request, Router, delete, put
from litestar.di import NamedDependency
from litestar.params import Parameter

from medtime_backend import errors, formats
from medtime_backend.authentication import RATE_GROUP
from medtime_backend.database import Database
from medtime_backend.exchange import read_body
from medtime_backend.identity import Identity
from medtime_backend.limits import SMALL_BODY_BYTES
from medtime_backend.named_fields import read_fields
from medtime_backend.request_headers import header
from medtime_backend.routes.documentation import DeviceOperation, documented_problems
from medtime_backend.routes.parameters import refuse_unknown
from medtime_backend.schemas.devices import PushDevice
from medtime_backend.schemas.sync import DEVICE_ID
from medtime_backend.services import devices

DeviceName = Annotated[str, Parameter(pattern=DEVICE_ID, description="The installation, as it names itself")]
ALWAYS = (
    *errors.access_problems(),
    errors.RateLimited,
    errors.InvalidParameter,
    errors.Busy,
    errors.Overloaded,
    errors.InternalError,
)
BODY_PROBLEMS = (errors.MalformedBody, errors.InvalidField, errors.BodyTooLarge, errors.UnsupportedMediaType)


@put(
    "/{device_id:str}",
    status_code=204,
    operation_class=DeviceOperation,
    responses=documented_problems(*ALWAYS, *BODY_PROBLEMS),
)
async def register(
    request: Request[Identity, None, Any], database: NamedDependency[Database], device_id: DeviceName
) -> None:
    """Register where this device is woken. A token that another device or user had moves here."""
    refuse_unknown(request)
    format_ = formats.content_format(header(request.scope, b"content-type"))
    device = read_fields(await read_body(request, SMALL_BODY_BYTES), format_, PushDevice)
    await devices.register(database, request.user, device_id, device)


@delete("/{device_id:str}", status_code=204, responses=documented_problems(*ALWAYS))
async def remove(
    request: Request[Identity, None, Any], database: NamedDependency[Database], device_id: DeviceName
) -> None:
    """Wake this device no more; also when it was not registered."""
    refuse_unknown(request)
    await devices.remove(database, request.user, device_id)


# A device that registers pulls next, at most once a start: both count alike.
router = Router(
    "/devices",
    route_handlers=[register, remove],
    tags=["devices"],
    security=[{"bearer": []}],
    opt={RATE_GROUP: "sync_pull"},
)
