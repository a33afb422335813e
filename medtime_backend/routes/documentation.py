"""What OpenAPI cannot read off the handlers: bodies decoded by hand and problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema

from medtime_backend import errors, formats
from medtime_backend.problem_details import MEDIA_TYPE
from medtime_backend.schemas.auth import GRANTS
from medtime_backend.schemas.devices import PushDevice
from medtime_backend.schemas.problem import ProblemBody
from medtime_backend.schemas.sync import PushRequest


def documented(answer: type, *problems: type[errors.Problem]) -> Mapping[int, ResponseSpec]:
    """The answers of a handler: its 200, the named problems, and those that any route may give."""
    always: tuple[type[errors.Problem], ...] = (
        *errors.access_problems(),
        errors.RateLimited,
        errors.InvalidParameter,
        errors.NotAcceptable,
        errors.Busy,
        errors.Overloaded,
        errors.InternalError,
    )
    return {200: _done(answer), **documented_problems(*problems, *always)}


def documented_sealed(*problems: type[errors.Problem]) -> Mapping[int, ResponseSpec]:
    """The answers of a handler that answers in sealed bytes: a 200, the named problems, those of a token and of any."""
    always = (*errors.access_problems(), errors.RateLimited, errors.InvalidParameter, errors.Busy, errors.InternalError)
    done = ResponseSpec(bytes, description="Sealed", media_type="application/octet-stream", generate_examples=False)
    return {200: done, **documented_problems(*problems, *always)}


def documented_public(answer: type, *problems: type[errors.Problem]) -> Mapping[int, ResponseSpec]:
    """The answers of a handler that asks for no token."""
    always = (errors.RateLimited, errors.InvalidParameter, errors.Overloaded, errors.InternalError)
    return {200: _done(answer), **documented_problems(*problems, *always)}


def _done(answer: type) -> ResponseSpec:
    return ResponseSpec(answer, description="Done", media_type=formats.JSON, generate_examples=False)


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
    names = {"contentEncoding": "content_encoding", "minLength": "min_length", "maxLength": "max_length"}
    known = {"type", "format", "pattern", "description", "minimum", "maximum", "default", "enum", *names}
    return Schema(**{names.get(key, key): value for key, value in member.items() if key in known})  # type: ignore[arg-type] # keys are Schema's own


def _object(body: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    return Schema(
        type="object",  # type: ignore[arg-type] # the enum's value
        description=body["description"],
        required=body["required"] or None,
        properties={name: _optional(member, definitions) for name, member in body["properties"].items()},
    )


def _optional(member: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    """A member of a grant. A null is as good as none, so only what else it may be is told."""
    (only,) = [choice for choice in member.get("anyOf", [member]) if choice.get("type") != "null"]
    if "$ref" in only:
        return _object(definitions[only["$ref"].rpartition("/")[2]], definitions)
    return _plain(only)


@dataclass
class TokenOperation(Operation):
    """The bodies of a token request, one for each `grant_type`, which the handler reads itself."""

    def __post_init__(self) -> None:
        _, definitions = msgspec.json.schema_components([*GRANTS.values()], ref_template="#/$defs/{name}")
        schema = Schema(one_of=[_object(definitions[kind.__name__], definitions) for kind in GRANTS.values()])
        self.request_body = RequestBody(required=True, content={formats.JSON: OpenAPIMediaType(schema=schema)})


@dataclass
class DeviceOperation(Operation):
    """The body of a registration, which the handler reads itself to name a wrong field without its value."""

    def __post_init__(self) -> None:
        _, definitions = msgspec.json.schema_components([PushDevice], ref_template="#/$defs/{name}")
        content = OpenAPIMediaType(schema=_object(definitions["PushDevice"], definitions))
        self.request_body = RequestBody(required=True, content={formats.JSON: content, formats.MSGPACK: content})


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


@dataclass
class OcrOperation(Operation):
    """The sealed body, which the handler reads as a stream."""

    def __post_init__(self) -> None:
        sealed = Schema(type="string", format="binary", description="A sealed request (docs/protocol.md)")  # type: ignore[arg-type] # the enum's value
        self.request_body = RequestBody(
            required=True, content={"application/octet-stream": OpenAPIMediaType(schema=sealed)}
        )
