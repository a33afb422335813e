"""/auth: signing in and out at Supabase Auth, by requests and answers of its own shapes."""

from typing import Annotated, Any, Literal

from litestar import Request, Response, Router, post
from litestar.di import NamedDependency
from litestar.params import Parameter

from medtime_backend import errors, formats
from medtime_backend.admission import AdmissionDesk
from medtime_backend.authentication import FREE_QUERY, PUBLIC, RATE_GROUP, SIGN_IN, address_of, bearer_of
from medtime_backend.client_address import Networks
from medtime_backend.exchange import read_body
from medtime_backend.grant_body import read_grant
from medtime_backend.identity import Identity
from medtime_backend.limits import SMALL_BODY_BYTES
from medtime_backend.relay import AuthRelay
from medtime_backend.request_headers import header
from medtime_backend.routes.documentation import TokenOperation, documented_problems, documented_public
from medtime_backend.routes.parameters import refuse_unknown
from medtime_backend.schemas.auth import TokenAnswer
from medtime_backend.services import identity

SCOPES = ["global", "local", "others"]
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
RELAYED = (errors.AuthRefused, errors.AuthUnavailable, errors.RateLimited)


@post(
    "/token",
    status_code=200,
    # A refresh is no attempt to sign in.
    opt={PUBLIC: True, RATE_GROUP: SIGN_IN, FREE_QUERY: b"grant_type=refresh_token"},
    operation_class=TokenOperation,
    responses=documented_public(
        TokenAnswer,
        errors.MalformedBody,
        errors.InvalidField,
        errors.BodyTooLarge,
        errors.UnsupportedMediaType,
        *RELAYED,
    ),
)
async def token(
    request: Request[None, None, Any],
    relay: NamedDependency[AuthRelay],
    trusted: NamedDependency[Networks],
    grant_type: Literal["password", "refresh_token", "id_token", "pkce"],
) -> Response[bytes]:
    """Tokens for a password, a refresh token, an ID token of Google or Apple, or the code of a PKCE flow."""
    # Clients of Auth may add redirect_to to every call; for a token nobody reads it, Auth neither.
    refuse_unknown(request, "grant_type", "redirect_to")
    if formats.media_type(header(request.scope, b"content-type")) != formats.JSON:
        raise errors.UnsupportedMediaType(f"Send {formats.JSON}, with Content-Encoding gzip or none.")
    grant = read_grant(grant_type, await read_body(request, SMALL_BODY_BYTES))
    answer = await identity.sign_in(relay, grant, address_of(request.scope, trusted))
    return Response(answer, media_type=formats.JSON, headers=NO_STORE)


@post(
    "/logout",
    status_code=204,
    security=[{"bearer": []}],
    responses=documented_problems(
        *errors.access_problems(), errors.InvalidParameter, *RELAYED, errors.Busy, errors.InternalError
    ),
)
async def logout(
    request: Request[Identity, None, Any],
    relay: NamedDependency[AuthRelay],
    desk: NamedDependency[AdmissionDesk],
    trusted: NamedDependency[Networks],
    sign_out_scope: Annotated[str, Parameter(query="scope", schema_extra={"enum": SCOPES})] = "global",
) -> None:
    """End all sessions of the user (`scope=global`), this one (`local`), or all but this one (`others`)."""
    refuse_unknown(request, "scope")
    # Litestar would name the argument, and `scope` is a name it keeps for itself.
    if sign_out_scope not in SCOPES:
        raise errors.InvalidParameter(parameters=["scope"])
    departure = identity.Departure(bearer_of(request.scope), address_of(request.scope, trusted), sign_out_scope)
    await identity.sign_out(relay, desk, request.user, departure)


router = Router("/auth", route_handlers=[token, logout], tags=["auth"])
