"""The two kinds of addresses below /rest/v1: tables and functions."""

from __future__ import annotations

import json

from litestar import Response, Router, get, route
from litestar.di import NamedDependency

from medtime_backend.local.rest.catalog import find_function, find_table
from medtime_backend.local.rest.composition import Composition, as_json
from medtime_backend.local.rest.context import Rest
from medtime_backend.local.rest.execution import Outcome, run, transaction
from medtime_backend.local.rest.questions import Question, read_question
from medtime_backend.local.rest.refusals import Refused, not_in_the_twin
from medtime_backend.local.rest.requests import Asked, Body, HttpRequest, read_body, read_request
from medtime_backend.local.rest.writing import called, write

PATH = "/rest/v1"
JSON = "application/json; charset=utf-8"
PAGE_WORDS = ("select", "order", "limit", "offset")
BODY_WORDS = ("columns", "on_conflict")
WITH_BODY = ("POST", "PATCH")


@route("/{name:str}", http_method=["GET", "POST", "PATCH", "DELETE"])
async def table(request: HttpRequest, rest: NamedDependency[Rest], name: str) -> Response[bytes]:
    """Read or write rows of a table."""
    asked = read_request(request, rest)
    body = await read_body(request) if request.method in WITH_BODY else Body("", [])
    question = read_question([pair for pair in asked.pairs if pair[0] not in BODY_WORDS])
    reads = request.method == "GET"
    async with transaction(rest.pool, asked.caller) as connection:
        found = await find_table(connection, name)
        composition = Composition()
        source = composition.rows(found, question) if reads else write(composition, asked, found, question, body)
        shape = "row" if asked.preferences.singular else "rows"
        outcome = await run(connection, asked, as_json(source, shape), composition.values, reads=reads)
        _require_one(asked, outcome)
    if not reads and not asked.preferences.representation:
        return Response(b"", status_code=201 if request.method == "POST" else 204)
    return _answer(outcome, question, 201 if request.method == "POST" else 200)


@route("/rpc/{name:str}", http_method=["GET", "POST"])
async def function(request: HttpRequest, rest: NamedDependency[Rest], name: str) -> Response[bytes]:
    """Call a function with arguments by name."""
    asked = read_request(request, rest)
    if request.method == "POST":
        body, question = await read_body(request), read_question(asked.pairs)
    else:
        given = {key: value for key, value in asked.pairs if key not in PAGE_WORDS}
        body = Body(json.dumps(given), [given])
        question = read_question([pair for pair in asked.pairs if pair[0] in PAGE_WORDS])
    if len(body.objects) != 1 or question.filters:
        raise not_in_the_twin("several sets of arguments, or filters, for a function")
    async with transaction(rest.pool, asked.caller) as connection:
        found = await find_function(connection, name, frozenset(body.objects[0]))
        composition = Composition()
        source, shape = called(composition, found, question, body, singular=asked.preferences.singular)
        reads = request.method == "GET" or not found.changes
        outcome = await run(connection, asked, as_json(source, shape), composition.values, reads=reads)
        _require_one(asked, outcome)
    return Response(b"", status_code=204) if found.gives_nothing else _answer(outcome, question, 200)


def _require_one(asked: Asked, outcome: Outcome) -> None:
    """Raise Refused, within the transaction, when one row is wanted and it is none or several."""
    if asked.preferences.singular and outcome.rows != 1:
        details = f"The result contains {outcome.rows} rows"
        raise Refused(406, "PGRST116", "Cannot coerce the result to a single JSON object", details=details)


def _answer(outcome: Outcome, question: Question, status: int) -> Response[bytes]:
    last = question.offset + outcome.rows - 1
    headers = {"Content-Range": f"{question.offset}-{last}/*" if outcome.rows else "*/*"}
    return Response(outcome.body, status_code=status, media_type=JSON, headers=headers)


@get("/")
async def root() -> dict[str, str]:
    """Tell that the API answers."""
    return {"name": "medtime-local-rest", "description": "Stands in for PostgREST in the embedded stack"}


def answer_refused(_: HttpRequest, refused: Refused) -> Response[bytes]:
    """Answer a refusal in PostgREST's shape."""
    body = {name: value for name, value in refused.body.items() if name != "code" or value}
    return Response(json.dumps(body).encode(), status_code=refused.status, media_type=JSON, headers=refused.headers)


router = Router(PATH, route_handlers=[root, table, function], exception_handlers={Refused: answer_refused})
