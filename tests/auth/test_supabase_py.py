"""The official Python client works with the local auth server as it is."""

import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from supabase import AsyncClient, AsyncClientOptions, AuthApiError, AuthWeakPasswordError, acreate_client
from tests.auth.calls import PASSWORD, REDIRECT, code_of, id_token

Connect = Callable[[str], contextlib.AbstractAsyncContextManager[AsyncClient]]


@pytest.fixture
def connect(stack: StackInfo) -> Connect:
    @contextlib.asynccontextmanager
    async def with_key(key: str) -> AsyncIterator[AsyncClient]:
        async with httpx.AsyncClient() as http:
            options = AsyncClientOptions(httpx_client=http, flow_type="pkce", auto_refresh_token=False)
            yield await acreate_client(stack.auth_url.removesuffix("/auth/v1"), key, options)

    return with_key


@pytest.fixture
async def client(stack: StackInfo, connect: Connect) -> AsyncIterator[AsyncClient]:
    async with connect(stack.publishable_key) as made:
        yield made


async def test_a_session_from_sign_up_to_sign_out(client: AsyncClient, new_email: Callable[[], str]) -> None:
    email = new_email()
    signed_up = await client.auth.sign_up({"email": email, "password": PASSWORD, "options": {"data": {"name": "Eva"}}})
    assert signed_up.user is not None
    assert signed_up.session is not None
    assert signed_up.user.user_metadata == {"name": "Eva"}

    session = (await client.auth.sign_in_with_password({"email": email, "password": PASSWORD})).session
    assert session is not None
    shown = await client.auth.get_user()
    assert shown is not None
    assert (shown.user.id, shown.user.email) == (signed_up.user.id, email)

    refreshed = (await client.auth.refresh_session()).session
    assert refreshed is not None
    assert refreshed.refresh_token != session.refresh_token
    verified = await client.auth.get_claims()
    assert verified is not None
    assert verified["claims"]["sub"] == signed_up.user.id

    await client.auth.sign_out({"scope": "local"})
    with pytest.raises(AuthApiError) as refused:
        await client.auth.get_user(refreshed.access_token)
    assert refused.value.code == "session_not_found"


async def test_an_id_token_with_a_nonce(
    client: AsyncClient, auth: httpx.AsyncClient, new_email: Callable[[], str]
) -> None:
    token = await id_token(auth, new_email(), provider="apple", nonce=hashlib.sha256(b"a nonce").hexdigest())
    signed_in = await client.auth.sign_in_with_id_token({"provider": "apple", "token": token, "nonce": "a nonce"})
    assert signed_in.user is not None
    assert signed_in.user.app_metadata == {"provider": "apple", "providers": ["apple"]}


async def test_pkce(client: AsyncClient, auth: httpx.AsyncClient, new_email: Callable[[], str]) -> None:
    email = new_email()
    begun = await client.auth.sign_in_with_oauth(
        {"provider": "google", "options": {"redirect_to": REDIRECT, "query_params": {"login_hint": email}}}
    )
    assert urlsplit(begun.url).path == "/auth/v1/authorize"
    code = code_of(await auth.get(begun.url))
    signed_in = await client.auth.exchange_code_for_session({"auth_code": code})
    assert signed_in.user is not None
    assert signed_in.user.email == email


async def test_an_admin(stack: StackInfo, connect: Connect, new_email: Callable[[], str]) -> None:
    email = new_email()
    async with connect(stack.secret_key) as client:
        admin = client.auth.admin
        made = await admin.create_user(
            {
                "email": email,
                "password": PASSWORD,
                "email_confirm": True,
                "user_metadata": {"name": "Eva"},
                "app_metadata": {"beta": True},
            }
        )
        shown = (await admin.get_user_by_id(made.user.id)).user
        assert (shown.email, shown.user_metadata) == (email, {"name": "Eva"})
        assert shown.app_metadata == {"provider": "email", "providers": ["email"], "beta": True}
        assert [one.id for one in await admin.list_users(page=1, per_page=1)] == [made.user.id]
        await admin.delete_user(made.user.id)
        with pytest.raises(AuthApiError) as refused:
            await admin.get_user_by_id(made.user.id)
    assert (refused.value.status, refused.value.code) == (404, "user_not_found")


async def test_the_publishable_key_is_no_admin(client: AsyncClient) -> None:
    with pytest.raises(AuthApiError) as refused:
        await client.auth.admin.list_users()
    assert (refused.value.status, refused.value.code) == (403, "not_admin")


async def test_refusals_have_their_types(client: AsyncClient, new_email: Callable[[], str]) -> None:
    with pytest.raises(AuthWeakPasswordError) as weak:
        await client.auth.sign_up({"email": new_email(), "password": "short"})
    assert weak.value.reasons == ["length"]
    with pytest.raises(AuthApiError) as wrong:
        await client.auth.sign_in_with_password({"email": new_email(), "password": PASSWORD})
    assert (wrong.value.status, wrong.value.code) == (400, "invalid_credentials")
