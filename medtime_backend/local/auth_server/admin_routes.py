"""The endpoints below /auth/v1/admin, for holders of the secret key."""

from __future__ import annotations

import math
import re
import secrets
import uuid
from typing import Any

from litestar import Response, delete, get, post
from litestar.di import NamedDependency

from medtime_backend.local.auth_server import passwords
from medtime_backend.local.auth_server.accounts import NewUser, add_email_user, check_email
from medtime_backend.local.auth_server.answers import user_answer
from medtime_backend.local.auth_server.context import Auth
from medtime_backend.local.auth_server.errors import AuthError
from medtime_backend.local.auth_server.queries import statement
from medtime_backend.local.auth_server.requests import HttpRequest, fields_of, object_of, require_admin, text_of

PAGE_SIZE = 50
LARGEST_PAGE = 1000
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
USERS = "/admin/users"

_NOT_FOUND = AuthError(404, "user_not_found", "User not found")


@post(USERS, status_code=200)
async def create_user(request: HttpRequest, auth: NamedDependency[Auth]) -> dict[str, Any]:
    """Make a user; without a password nobody can sign in by one."""
    require_admin(request, auth)
    fields = await fields_of(request)
    email = text_of(fields, "email")
    check_email(email)
    new = NewUser(
        email=email,
        password_hash=await passwords.hash_of(str(fields.get("password") or secrets.token_urlsafe(24))),
        confirmed=fields.get("email_confirm") is True,
        app_metadata=object_of(fields, "app_metadata"),
        user_metadata=object_of(fields, "user_metadata"),
    )
    async with auth.pool.acquire() as connection, connection.transaction():
        user_id = await add_email_user(connection, new)
        if user_id is None:
            raise AuthError(422, "email_exists", "A user with this email address has already been registered")
        return await user_answer(connection, user_id)


@get(USERS)
async def list_users(request: HttpRequest, auth: NamedDependency[Auth]) -> Response[dict[str, Any]]:
    """Show a page of users, the newest first."""
    require_admin(request, auth)
    page = _number_of(request, "page", 1)
    per_page = min(_number_of(request, "per_page", PAGE_SIZE), LARGEST_PAGE)
    async with auth.pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        total = await connection.fetchval(statement("users_count"))
        ids = await connection.fetch(statement("users_page"), per_page, (page - 1) * per_page)
        users = [await user_answer(connection, row["id"]) for row in ids]
    last = max(1, math.ceil(total / per_page))
    # Clients read the page from right behind the first `=`.
    address = f"{auth.settings.url}{USERS}?page="
    links = [f'<{address}{last}&per_page={per_page}>; rel="last"']
    if page < last:
        links.insert(0, f'<{address}{page + 1}&per_page={per_page}>; rel="next"')
    return Response(
        {"users": users, "aud": "authenticated"}, headers={"x-total-count": str(total), "link": ", ".join(links)}
    )


@get(f"{USERS}/{{user_id:str}}")
async def show_user(request: HttpRequest, auth: NamedDependency[Auth], user_id: str) -> dict[str, Any]:
    """Show a user."""
    require_admin(request, auth)
    async with auth.pool.acquire() as connection:
        try:
            return await user_answer(connection, _id_of(user_id))
        except AuthError as error:
            raise _NOT_FOUND if error.error_code == "user_not_found" else error from None


@delete(f"{USERS}/{{user_id:str}}", status_code=200)
async def delete_user(request: HttpRequest, auth: NamedDependency[Auth], user_id: str) -> dict[str, Any]:
    """Delete a user with all that hangs on the row."""
    require_admin(request, auth)
    if await request.body() and (await fields_of(request)).get("should_soft_delete"):
        raise AuthError(400, "validation_failed", "The local auth server has no soft deletion")
    async with auth.pool.acquire() as connection:
        if await connection.fetchval(statement("delete_user"), _id_of(user_id)) is None:
            raise _NOT_FOUND
    return {}


def _number_of(request: HttpRequest, name: str, default: int) -> int:
    """Return a number from 1; clients send a parameter without a value, too, and mean the default."""
    text = str(request.query_params.get(name, "")) or str(default)
    if not NUMBER.fullmatch(text):
        raise AuthError(400, "validation_failed", f"Bad Pagination Parameters: {name} is no number above 0")
    return int(text)


def _id_of(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise AuthError(404, "validation_failed", "user_id must be an UUID") from None
