"""A small twin of a Supabase project's gateway: PostgREST's requests, answers and errors on the stack's own database.

It takes a token's claims as PostgREST does: verified, then `set local role` and `request.jwt.claims`. What begins with
/auth/v1 goes on to the stack's auth server, but for the settings, which it answers in Auth's own shape. Of an
edge function there is a status alone.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx
import jwt

from medtime_backend.local.options import StackInfo
from medtime_backend.local.tokens import SigningKey

SETTINGS: dict[str, Any] = {
    "external": {"email": True, "phone": False, "google": True, "anonymous_users": False},
    "disable_signup": False,
    "mailer_autoconfirm": False,
    "phone_autoconfirm": False,
    "sms_provider": "twilio",
    "saml_enabled": False,
}
JSON = "application/json; charset=utf-8"


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """What PostgREST answers instead of rows."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.body = {"code": code, "details": None, "hint": None, "message": message}


@dataclass
class ProjectTwin:
    """`settings` are Auth's; `schemas` those that REST exposes; `pretends` makes REST answer everybody as one role."""

    stack: StackInfo
    url: str = ""
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))
    schemas: tuple[str, ...] = ("public", "graphql_public")
    pretends: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=lambda: {"catalog/sources": 200, "push-notify": 401})
    functions_kind: str = "application/problem+json"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.rstrip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, target, _ = line.split(" ")
            status, content = await self._answer(method, target, headers, body)
            kind = self.functions_kind if target.startswith("/functions/v1/") else JSON
            told = f"HTTP/1.1 {status} Whatever\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
            writer.write(f"{told}Content-Range: 0-0/*\r\nConnection: close\r\n\r\n".encode() + content)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if target.startswith("/functions/v1/"):
            return self.functions.get(target.removeprefix("/functions/v1/"), 404), b"{}"
        if "apikey" not in headers:
            return 401, b'{"message":"No API key found in request","hint":"No `apikey` request header or url param"}'
        if target == "/auth/v1/settings":
            return 200, json.dumps(self.settings).encode()
        if target.startswith("/auth/v1"):
            async with httpx.AsyncClient() as http:
                kept = {name: headers[name] for name in ("content-type", "authorization") if name in headers}
                url = self.stack.auth_url + target.removeprefix("/auth/v1")
                answer = await http.request(method, url, content=body, headers=kept)
                return answer.status_code, answer.content
        self.asked.append(headers)
        try:
            return 200, json.dumps(await self._rows(target, headers)).encode()
        except Refused as refused:
            return refused.status, json.dumps(refused.body).encode()

    async def _rows(self, target: str, headers: dict[str, str]) -> list[dict[str, Any]]:
        profile = headers.get("accept-profile", self.schemas[0])
        if profile not in self.schemas:
            exposed = ", ".join(self.schemas)
            raise Refused(406, "PGRST106", f"The schema must be one of the following: {exposed}")
        claims = self._claims(headers)
        role = self.pretends or claims.get("role", "anon")
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        limit = int(query.pop("limit", "1000"))
        columns = query.pop("select").split(",")
        connection = await asyncpg.connect(self.stack.admin_database_url)
        try:
            async with connection.transaction():
                statement = await connection.fetchval(
                    """
                    select format('select %s from %I.%I where true%s limit %s', (
                      select string_agg(format('%I::text', c), ', ') from unnest($3::text[]) as c
                    ), $1::text, $2::text, (
                      select string_agg(
                        format(' and %s %I::text = any(%L::text[])', f->>'not', f->>'name', f->>'any'), ''
                      )
                      from jsonb_array_elements($4::jsonb) as f
                    ), $5::integer)
                    """,
                    profile,
                    parts.path.rsplit("/", 1)[-1],
                    columns,
                    json.dumps([_filter(name, value) for name, value in query.items()]),
                    limit,
                )
                await connection.execute("select set_config('request.jwt.claims', $1, true)", json.dumps(claims))
                await connection.execute("select set_config('role', $1, true)", role)
                return [dict(row) for row in await connection.fetch(statement)]
        except asyncpg.InsufficientPrivilegeError as fault:
            raise Refused(401 if role == "anon" else 403, "42501", str(fault)) from None
        except asyncpg.UndefinedTableError as fault:
            raise Refused(404, "PGRST205", str(fault)) from None
        finally:
            await connection.close()

    def _claims(self, headers: dict[str, str]) -> dict[str, Any]:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return {}
        key = SigningKey.load(self.stack.signing_key).private_key.public_key()
        try:
            return dict(jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False}))
        except jwt.PyJWTError:
            raise Refused(401, "PGRST301", "No suitable key or wrong key type") from None


def _filter(name: str, value: str) -> dict[str, str]:
    negated = value.startswith("not.")
    operator, _, operand = value.removeprefix("not.").partition(".")
    values = operand.strip("()").split(",") if operator == "in" else [operand]
    return {"name": name, "not": "not" if negated else "", "any": "{" + ",".join(values) + "}"}


@asynccontextmanager
async def project_twin(stack: StackInfo) -> AsyncIterator[ProjectTwin]:
    """A running twin."""
    twin = ProjectTwin(stack)
    server = await asyncio.start_server(twin.serve, "127.0.0.1", 0)
    twin.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield twin
    finally:
        server.close()
