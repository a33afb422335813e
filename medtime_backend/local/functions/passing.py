"""/functions/v1/<name>: a request goes to the function as it is, and its answer back as it is."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import httpx
from litestar import asgi
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.handlers import ASGIRouteHandler
from litestar.types import HTTPScope, Receive, Scope, Send

from medtime_backend.local.auth_server.keys import KeyRing
from medtime_backend.local.errors import StackError
from medtime_backend.local.functions.configuration import find_function
from medtime_backend.local.functions.runtime import Runtime
from medtime_backend.local.rest.callers import ApiKeys, caller_of
from medtime_backend.local.rest.refusals import Refused
from medtime_backend.local.web_processes import FUNCTIONS_PATH as PATH

# RFC 9110, section 7.6.1: of one connection each.
HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"})


class Passage:
    """The gateway's half: finds the function, starts it, and passes on."""

    def __init__(
        self, project: Path, runtime: Runtime, ring: KeyRing, api_keys: ApiKeys, http: httpx.AsyncClient
    ) -> None:
        self._project = project
        self._runtime = runtime
        self._ring = ring
        self._api_keys = api_keys
        self._http = http

    async def pass_on(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer a request below PATH."""
        raw = scope["raw_path"].decode("ascii").removeprefix(PATH)
        function = find_function(self._project, raw.lstrip("/").partition("/")[0])
        if function is None:
            await _refuse(send, 404, "NOT_FOUND", "Requested function was not found")
            return
        if function.verify_jwt:
            try:
                caller_of(Headers.from_scope(scope), {}, self._api_keys, self._ring)
            except Refused:
                await _refuse(send, 401, "UNAUTHORIZED_INVALID_JWT_FORMAT", "Invalid JWT")
                return
        try:
            address = await self._runtime.address(function)
        except StackError as error:
            # To the log by way of stderr: Granian switches off loggers that were there before it.
            traceback.print_exception(error)
            await _refuse(send, 503, "BOOT_ERROR", "Function failed to start (please check logs)")
            return
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        await self._send(address + raw + query, scope, await _body(receive), send)

    async def _send(self, url: str, scope: HTTPScope, body: bytes, send: Send) -> None:
        kept = [(name, value) for name, value in scope["headers"] if name not in HOP_BY_HOP]
        begun = False
        try:
            async with self._http.stream(scope["method"], url, headers=kept, content=body) as answer:
                headers = [(name.lower(), value) for name, value in answer.headers.raw]
                told = [one for one in headers if one[0] not in HOP_BY_HOP]
                begun = True
                await send({"type": "http.response.start", "status": answer.status_code, "headers": told})
                async for part in answer.aiter_raw():
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except httpx.TransportError:
            # An answer that breaks off in the middle stays cut: the client sees that by its length.
            if begun:
                return
            await _refuse(send, 546, "WORKER_ERROR", "Function exited due to an error (please check logs)")


async def _body(receive: Receive) -> bytes:
    parts, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts += message["body"]
        more = message["more_body"]
    return bytes(parts)


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"code": code, "message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def mounted(passage: Passage) -> ASGIRouteHandler:
    """The route of all that is below PATH."""

    @asgi(PATH, is_mount=True, copy_scope=True)
    async def functions(scope: Scope, receive: Receive, send: Send) -> None:
        # The gateway is started without web sockets.
        if scope["type"] == ScopeType.HTTP:
            await passage.pass_on(scope, receive, send)

    return functions
