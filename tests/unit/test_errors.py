"""The declared problems: each complete, each with one type, and no exception without one."""

import re
from typing import Any

import asyncpg
import pytest
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from medtime_backend import errors
from medtime_backend.database import problem_of
from medtime_backend.errors import PROBLEMS, AccessRefused, Problem
from medtime_backend.problem_details import to_problem
from medtime_backend.refusals import refusal


def every(kind: type[Problem] = Problem) -> list[type[Problem]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in every(child))]


DECLARED = [kind for kind in every() if not kind.__name__.startswith("_") and kind not in {Problem, AccessRefused}]


@pytest.mark.parametrize("kind", DECLARED, ids=lambda kind: kind.__name__)
def test_a_problem_is_complete(kind: type[Problem]) -> None:
    assert {"slug", "title"} <= vars(kind).keys()
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", kind.slug)
    assert PROBLEMS[kind.slug] is kind
    assert 400 <= kind.status < 600
    assert kind.retryable == (kind.status >= 500 or kind is errors.RateLimited)
    assert kind.title
    assert not kind.title.endswith(".")
    assert kind.advice.endswith(".")
    assert kind.__doc__ is not None


def test_no_two_problems_share_a_type() -> None:
    assert len(PROBLEMS) == len(DECLARED)


@pytest.mark.parametrize(
    "state",
    [
        *("08000", "08003", "08006", "08001", "40001", "40P01", "53000", "53100", "53300", "55P03"),
        *("57014", "57P01", "57P02", "57P03"),
    ],
)
def test_what_passes_is_busy(state: str) -> None:
    problem = problem_of(asyncpg.PostgresError.new({"C": state, "M": "secret"}))
    assert type(problem) is errors.Busy
    assert problem.headers == {"Retry-After": "1"}


@pytest.mark.parametrize("state", ["42501", "23514", "23505", "22P05", "42P01", "XX000", "P0001", "28P01", ""])
def test_what_does_not_pass_is_a_fault_and_says_nothing(state: str) -> None:
    problem = problem_of(asyncpg.PostgresError.new({"C": state, "M": "secret", "D": "secret"}))
    assert type(problem) is errors.InternalError
    assert "secret" not in str(vars(problem))


@pytest.mark.parametrize(
    ("slug", "detail", "kind", "facts"),
    [
        ("resync-required", '{"reason": "purged"}', errors.ResyncRequired, {"reason": "purged"}),
        ("not-a-caregiver", "{}", errors.NotACaregiver, {}),
        ("too-many-devices", '{"limit": 5}', errors.TooManyDevices, {"limit": 5}),
        ("version-conflict", '{"conflicts": []}', errors.VersionConflict, {"conflicts": [], "synced": 0}),
        ("unknown-user", "{}", errors.UnknownUser, {}),
        (
            "invalid-entities",
            '{"entities": [{"id": null, "index": 0, "reason": "not-an-envelope"}]}',
            errors.NotAnEnvelope,
            {"entities": [{"id": None, "index": 0, "reason": "not-an-envelope"}]},
        ),
        ("never-heard-of", "{}", errors.InternalError, {}),
    ],
)
def test_our_own_sqlstates(slug: str, detail: str, kind: type[Problem], facts: dict[str, Any]) -> None:
    problem = problem_of(asyncpg.PostgresError.new({"C": "MT499", "M": slug, "D": detail}))
    assert type(problem) is kind
    assert problem.facts == facts


@pytest.mark.parametrize(
    ("fault", "kind", "facts"),
    [
        (NotFoundException(), errors.NotFound, {}),
        (MethodNotAllowedException(headers={"Allow": "GET"}), errors.MethodNotAllowed, {}),
        (HTTPException(status_code=413), errors.BodyTooLarge, {}),
        (HTTPException("secret", status_code=418), errors.InternalError, {}),
        (InternalServerException("secret"), errors.InternalError, {}),
        (KeyError("secret"), errors.InternalError, {}),
        (
            ValidationException("secret", extra=[{"key": "limit", "message": "secret"}, {"key": "since"}, "secret"]),
            errors.InvalidParameter,
            {"parameters": ["limit", "since"]},
        ),
        (
            ValidationException("Missing required query parameter 'device_id' for path /secret"),
            errors.InvalidParameter,
            {"parameters": ["device_id"]},
        ),
        (ValidationException("secret", extra={"a": "secret"}), errors.InvalidParameter, {"parameters": []}),
        (errors.Busy(), errors.Busy, {}),
    ],
    ids=repr,
)
def test_any_exception_is_a_declared_problem(fault: Exception, kind: type[Problem], facts: dict[str, Any]) -> None:
    problem = to_problem(fault)
    assert type(problem) is kind
    assert problem.facts == facts
    assert "secret" not in f"{problem} {vars(problem)}"


def test_a_refusal_of_an_unknown_reason_is_the_common_one() -> None:
    assert type(refusal([{"id": None, "index": 0, "reason": "brand-new"}])) is errors.InvalidEntities
