"""What OpenAPI cannot read off the handlers: bodies decoded by hand and problems."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema

from medtime_backend import errors, formats
from medtime_backend.problem_details import MEDIA_TYPE
from medtime_backend.schemas.auth import GRANTS
from medtime_backend.schemas.problem import ProblemBody
from medtime_backend.schemas.sync import PushRequest


def documented(answer: type, *problems: type[errors.Problem]) -> Mapping[int, ResponseSpec]:
    """The answers of a handler: its 200, the named problems, and those that any route may give."""
    done = ResponseSpec(answer, description="Done", media_type=formats.JSON, generate_examples=False)
    always: tuple[type[errors.Problem], ...] = (
        *errors.access_problems(),
        errors.RateLimited,
        errors.InvalidParameter,
        errors.NotAcceptable,
        errors.Busy,
        errors.InternalError,
    )
    return {200: done, **documented_problems(*problems, *always)}


def documented_problems(*problems: type[errors.Problem]) -> Mapping[int, ResponseSpec]:
    """The named problems by their status."""
    found: dict[int, ResponseSpec] = {}
    by_status: dict[int, list[str]] = {}
    for problem in problems:
        slugs = by_status.setdefault(problem.status, [])
        if problem.slug not in slugs:
            slugs.append(problem.slug)
    for status, slugs in by_status.items():
        found[status] = ResponseSpec(
            ProblemBody,
            description=", ".join(slugs),
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
    return found


def _push_schema() -> Schema:
    (_, definitions) = msgspec.json.schema_components([PushRequest], ref_template="#/$defs/{name}")
    entity = definitions["PushedEntity"]
    return Schema(
        type="object",  # type: ignore[arg-type] # the enum's value
        required=["device_id", "entities"],
        properties={
            "device_id": _plain(definitions["PushRequest"]["properties"]["device_id"]),
            "clock": Schema(type="string", description="The clock this device holds"),  # type: ignore[arg-type] # the enum's value
            "entities": Schema(
                type="array",  # type: ignore[arg-type] # the enum's value
                min_items=1,
                max_items=100,
                items=Schema(
                    type="object",  # type: ignore[arg-type] # the enum's value
                    required=entity["required"],
                    properties={name: _plain(member) for name, member in entity["properties"].items()},
                ),
            ),
        },
    )


def _plain(member: Mapping[str, object]) -> Schema:
    names = {"contentEncoding": "content_encoding"}
    known = {"type", "format", "pattern", "description", "minimum", "maximum", "contentEncoding", "default"}
    return Schema(**{names.get(key, key): value for key, value in member.items() if key in known})  # type: ignore[arg-type] # keys are Schema's own


@dataclass
class TokenOperation(Operation):
    """The bodies of a token request, one for each `grant_type`, which the handler reads itself."""

    def __post_init__(self) -> None:
        _, definitions = msgspec.json.schema_components([*GRANTS.values()], ref_template="#/$defs/{name}")
        bodies = [definitions[kind.__name__] for kind in GRANTS.values()]
        schema = Schema(
            one_of=[
                Schema(
                    type="object",  # type: ignore[arg-type] # the enum's value
                    description=body["description"],
                    required=body["required"],
                    properties={name: _plain(member) for name, member in body["properties"].items()},
                )
                for body in bodies
            ]
        )
        self.request_body = RequestBody(required=True, content={formats.JSON: OpenAPIMediaType(schema=schema)})


@dataclass
class PushOperation(Operation):
    """The push's body, which the handler reads itself to name every refused entity."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            required=True,
            content={
                formats.JSON: OpenAPIMediaType(schema=_push_schema()),
                formats.MSGPACK: OpenAPIMediaType(schema=_push_schema()),
            },
        )
