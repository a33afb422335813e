"""A sign-in in a browser ends in a code that only the app which began it can exchange."""

import uuid
from collections.abc import Callable

import httpx
import pytest

from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.flow_states import LIFETIME_SECONDS, FlowStates, challenge_of
from tests.auth.calls import REDIRECT, authorize, claims_of, code_of, grant, verifier_and_challenge


async def test_a_code_is_good_once_and_for_its_verifier(auth: httpx.AsyncClient, new_email: Callable[[], str]) -> None:
    verifier, challenge = verifier_and_challenge()
    email = new_email()
    code = code_of(await authorize(auth, challenge, login_hint=email))
    wrong = await grant(auth, "pkce", auth_code=code, code_verifier="another")
    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "bad_code_verifier")
    tokens = await grant(auth, "pkce", auth_code=code, code_verifier=verifier)
    assert tokens.status_code == 200
    assert tokens.json()["user"]["email"] == email
    assert claims_of(tokens.json())["amr"][0]["method"] == "oauth"
    again = await grant(auth, "pkce", auth_code=code, code_verifier=verifier)
    assert (again.status_code, again.json()["error_code"]) == (404, "flow_state_not_found")


async def test_both_fields_are_needed(auth: httpx.AsyncClient) -> None:
    answer = await grant(auth, "pkce", auth_code="code")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


async def test_the_way_back_keeps_what_the_app_put_there(auth: httpx.AsyncClient, new_email: Callable[[], str]) -> None:
    _, challenge = verifier_and_challenge()
    answer = await authorize(auth, challenge, login_hint=new_email(), redirect_to=f"{REDIRECT}?from=app#top")
    location = answer.headers["location"]
    assert location.startswith(f"{REDIRECT}?from=app&code=")
    assert location.endswith("#top")


async def test_without_a_hint_it_is_the_first_demo_user(auth: httpx.AsyncClient) -> None:
    verifier, challenge = verifier_and_challenge()
    code = code_of(await authorize(auth, challenge))
    tokens = (await grant(auth, "pkce", auth_code=code, code_verifier=verifier)).json()
    assert tokens["user"]["email"] == "ana@demo.medtime.app"


@pytest.mark.parametrize(
    "change",
    [
        {"provider": "carrier-pigeon"},
        {"code_challenge": "short"},
        {"code_challenge_method": "plain"},
        {"redirect_to": ""},
        {"redirect_to": "com.medtime.app://x\r\nset-cookie: a=b"},
    ],
)
async def test_a_bad_beginning_is_refused(auth: httpx.AsyncClient, change: dict[str, str]) -> None:
    _, challenge = verifier_and_challenge()
    answer = await authorize(auth, challenge, **change)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


def test_a_code_expires_and_is_then_forgotten() -> None:
    now = 0.0
    flows = FlowStates(clock=lambda: now)
    user_id, verifier = uuid.uuid4(), "v" * 43
    old = flows.begin(user_id, challenge_of(verifier))
    now = LIFETIME_SECONDS
    assert flows.redeem(old, verifier) == user_id
    late = flows.begin(user_id, challenge_of(verifier))
    now += LIFETIME_SECONDS + 1
    with pytest.raises(AuthError) as expired:
        flows.redeem(late, verifier)
    assert (expired.value.status, expired.value.error_code) == (422, "flow_state_expired")
    now += 3600
    flows.begin(user_id, challenge_of(verifier))
    with pytest.raises(AuthError) as forgotten:
        flows.redeem(late, verifier)
    assert (forgotten.value.status, forgotten.value.error_code) == (404, "flow_state_not_found")
