"""schemathesis reads our OpenAPI document and tries what it says: the answers must keep to it, and none is a 5xx."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as openapi

from medtime_backend.errors import PROBLEMS, InternalError
from medtime_backend.local.options import StackInfo
from tests.accounts import Account

load_all_checks()
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
    openapi.missing_required_header,
    openapi.unsupported_method,
    openapi.ignored_auth,
]


# The account is one for all examples, and how fast they are made is not our concern.
SETTINGS = settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_answers_keep_to_the_document(stack: StackInfo, user: Account, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_url(f"{stack.base_url}/schema/openapi.json")
    for found in document.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and operation.path.startswith(("/health", "/catalog/sources")):
            continue  # takes nothing, so nothing can be wrong
        strategy = operation.as_strategy(generation_mode=mode)

        @SETTINGS
        @given(strategy)
        def keep_to_it(case: Case[Any]) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {user.token}"}, checks=CHECKS)

        keep_to_it()


async def test_every_problem_of_the_api_is_documented(anyone: httpx.AsyncClient) -> None:
    document: dict[str, Any] = (await anyone.get("/schema/openapi.json")).json()
    described = {
        slug.strip()
        for path in document["paths"].values()
        for operation in path.values()
        for status, answer in operation["responses"].items()
        if status != "200"
        for slug in answer["description"].split(",")
    }
    # A path or method that does not exist is in no document, nor is what database functions raise for RPC alone.
    beyond = {"not-found", "method-not-allowed"} | {slug for slug, problem in PROBLEMS.items() if problem.rpc_only}
    assert not described & beyond
    assert set(PROBLEMS) - beyond <= described
    assert InternalError.slug in described


async def test_the_document_is_of_this_api(anyone: httpx.AsyncClient) -> None:
    document: dict[str, Any] = (await anyone.get("/schema/openapi.json")).json()
    guarded = {"/sync/push", "/sync/pull", "/sync/status", "/devices/{device_id}", "/auth/logout"}
    public = {"/catalog/search", "/catalog/sources", "/catalog/{product_id}"}
    assert set(document["paths"]) == {*guarded, *public, "/auth/token", "/health/live", "/health/ready"}
    for path in guarded:
        for operation in document["paths"][path].values():
            assert operation["security"] == [{"bearer": []}]
            for status, answer in operation["responses"].items():
                (media,) = answer["content"] if status not in {"200", "204"} else ["application/problem+json"]
                assert media == "application/problem+json"
