"""/ocr: the keys to seal images to, and reading one."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from medtime_backend import errors, formats
from medtime_backend.authentication import PUBLIC, RATE_GROUP
from medtime_backend.database import Database
from medtime_backend.exchange import receive
from medtime_backend.identity import Identity
from medtime_backend.ocr.limits import IMAGE_BYTES
from medtime_backend.ocr.sealing import LARGEST_OVERHEAD
from medtime_backend.routes.documentation import OcrOperation, documented_public, documented_sealed
from medtime_backend.routes.parameters import refuse_unknown
from medtime_backend.schemas.ocr import KeysAnswer
from medtime_backend.services import ocr, ocr_requests

OCTETS = "application/octet-stream"
PROBLEMS: tuple[type[errors.Problem], ...] = (
    errors.OcrNotSealed,
    errors.MalformedBody,
    errors.OcrCancelled,
    errors.OcrReplayed,
    errors.OcrImageTooLarge,
    errors.OcrUnsupportedImage,
    errors.UnsupportedMediaType,
    errors.OcrUnknownKey,
    errors.OcrSealBroken,
    errors.OcrBrokenImage,
    errors.OcrImageTooSmall,
    errors.OcrNoText,
    errors.OcrFailed,
    errors.OcrEngineUnavailable,
    errors.OcrTimedOut,
)


@get("/key", opt={PUBLIC: True}, responses=documented_public(KeysAnswer))
async def key(request: Request[Any, Any, Any], ocr_desk: NamedDependency[ocr.OcrDesk]) -> Response[bytes]:
    """The public keys to seal to, the engine in use and whether images leave the server for it, the limits."""
    refuse_unknown(request)
    body = formats.encode(ocr.keys(ocr_desk), formats.JSON)
    return Response(body, media_type=formats.JSON, headers={"Cache-Control": "public, max-age=300"})


@post(
    "/process",
    status_code=200,
    operation_class=OcrOperation,
    opt={RATE_GROUP: "ocr"},
    responses=documented_sealed(*PROBLEMS),
    security=[{"bearer": []}],
)
async def process(
    request: Request[Identity, None, Any],
    database: NamedDependency[Database],
    ocr_desk: NamedDependency[ocr.OcrDesk],
) -> Response[bytes]:
    """Read a sealed image. The answer is sealed to the key that came with it; nothing of either is kept."""
    refuse_unknown(request)
    _refuse_other_types(request)

    answer = await ocr_requests.process(ocr_desk, database, request.user, _Caller(request))
    return Response(answer, media_type=OCTETS, headers={"Cache-Control": "no-store"})


class _Caller:
    """Who has sent the request, as services.ocr_requests asks for it."""

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self._request = request

    async def body(self) -> bytes:
        try:
            return await receive(self._request, IMAGE_BYTES + LARGEST_OVERHEAD)
        except errors.BodyTooLarge:
            raise errors.OcrImageTooLarge(limit=IMAGE_BYTES) from None

    async def gone(self) -> None:
        # After the body, the next message comes when the connection is closed (ASGI, http.disconnect).
        while (await self._request.receive())["type"] != "http.disconnect":
            pass


def _refuse_other_types(request: Request[Any, Any, Any]) -> None:
    """Raise UnsupportedMediaType for what is not plain bytes; a form would be spooled to a file."""
    given = formats.media_type(request.headers.get("content-type", ""))
    if given != OCTETS or request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise errors.UnsupportedMediaType(f"Send {OCTETS} without Content-Encoding.")


router = Router("/ocr", route_handlers=[key, process], tags=["ocr"])
