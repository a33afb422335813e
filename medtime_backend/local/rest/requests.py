"""A request to the REST API as the handlers see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from litestar import Request

from medtime_backend.local.rest.callers import Caller, caller_of
from medtime_backend.local.rest.context import Rest
from medtime_backend.local.rest.preferences import Preferences, read_preferences
from medtime_backend.local.rest.refusals import Refused, not_in_the_twin

HttpRequest = Request[Any, Any, Any]
SCHEMA = "public"
PROFILES = ("accept-profile", "content-profile")


@dataclass(frozen=True)
class Body:
    """The text, for the database to read, and the objects in it, for their names."""

    text: str
    objects: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        """The members that every object has."""
        return sorted(self.objects[0])

    @property
    def array(self) -> str:
        """The text as an array."""
        return self.text if self.text.lstrip().startswith("[") else f"[{self.text}]"


@dataclass(frozen=True)
class Asked:
    """Who asks for what: `pairs` are the query's, without the API key."""

    caller: Caller
    method: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    preferences: Preferences


def read_request(request: HttpRequest, rest: Rest) -> Asked:
    """Read all but the body. Raises Refused."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name != "apikey"]
    caller = caller_of(request.headers, dict(request.query_params.multi_items()), rest.api_keys, rest.ring)
    for header in PROFILES:
        if request.headers.get(header, SCHEMA) != SCHEMA:
            hint = f"Only the following schemas are exposed: {SCHEMA}"
            raise Refused(406, "PGRST106", f"Invalid schema: {request.headers[header]}", hint=hint)
    preferences = read_preferences(",".join(request.headers.getall("prefer", [])), request.headers.get("accept", ""))
    return Asked(caller, request.method, request.url.path, tuple(pairs), preferences)


async def read_body(request: HttpRequest) -> Body:
    """Read a body of JSON: an object, or an array of some. Raises Refused."""
    text = (await request.body()).decode(errors="replace") or "{}"
    try:
        found = json.loads(text)
    except ValueError:
        raise Refused(400, "PGRST102", "Empty or invalid json") from None
    objects = found if isinstance(found, list) else [found]
    if not objects or not all(isinstance(one, dict) for one in objects):
        raise not_in_the_twin("a body that is no object and no array of objects")
    if any(one.keys() != objects[0].keys() for one in objects):
        raise Refused(400, "PGRST102", "All object keys must match")
    return Body(text, objects)
