"""A project's gateway with faults: the stack's own, but for what a test makes it answer otherwise."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from medtime_backend.local.options import StackInfo

SETTINGS: dict[str, Any] = {
    "external": {"email": True, "phone": False, "google": True, "anonymous_users": False},
    "disable_signup": False,
    "mailer_autoconfirm": False,
    "phone_autoconfirm": False,
    "sms_provider": "twilio",
    "saml_enabled": False,
}
KEPT = ("content-type", "authorization", "apikey", "accept", "accept-profile", "prefer")
Answer = tuple[int, Any]


@dataclass
class ProjectTwin:
    """`settings`, `rest`, `functions`, `keys` answer in place of the stack; `asked` are the headers REST was sent."""

    stack: StackInfo
    url: str = ""
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))
    rest: dict[str, Answer] = field(default_factory=dict)
    functions: Answer | None = None
    keys: dict[str, Any] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.rstrip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, target, _ = line.split(" ")
            status, content = await self._answer(method, target, headers, body)
            told = f"HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            writer.write(f"{told}Connection: close\r\n\r\n".encode() + content)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if target == "/auth/v1/settings":
            return 200, json.dumps(self.settings).encode()
        if target == "/auth/v1/.well-known/jwks.json" and self.keys is not None:
            return 200, json.dumps(self.keys).encode()
        if target.startswith("/rest/v1"):
            self.asked.append(headers)
            if (other := self.rest.get(headers.get("accept-profile", "public"))) is not None:
                return other[0], json.dumps(other[1]).encode()
        if target.startswith("/functions/v1") and self.functions is not None:
            return self.functions[0], json.dumps(self.functions[1]).encode()
        kept = {name: headers[name] for name in KEPT if name in headers}
        async with httpx.AsyncClient(timeout=30) as http:
            answer = await http.request(method, self.stack.supabase_url + target, content=body, headers=kept)
        return answer.status_code, answer.content


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
