"""Bodies in and out: bounded reading, inflating, the answer in the format the client accepts."""

import asyncio
from typing import Any

from litestar import Request, Response
from litestar.exceptions import InternalServerException

from medtime_backend import errors, formats
from medtime_backend.ready_answer import ReadyAnswer
from medtime_backend.request_headers import header, header_values

# Above this, inflating, decoding and compressing move to a thread: they would hold up other requests.
THREAD_ABOVE = 128 * 1024


async def read_body(request: Request[Any, Any, Any], limit: int) -> bytes:
    """The request's body, inflated if it is gzip; at most `limit` bytes both as sent and inflated.

    Raises BodyTooLarge, UnsupportedMediaType and MalformedBody.
    """
    encoding = header(request.scope, b"content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise errors.UnsupportedMediaType
    body = await receive(request, limit)
    if encoding == "identity":
        return body
    # A small body can inflate a thousandfold, so its size says nothing about the work.
    return await asyncio.to_thread(formats.inflate, body, limit)


async def receive(request: Request[Any, Any, Any], limit: int) -> bytes:
    """The bytes of the body as sent, in memory alone. Raises BodyTooLarge and MalformedBody."""
    length = header(request.scope, b"content-length")
    if length.isdecimal() and int(length) > limit:
        raise errors.BodyTooLarge(limit=limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise errors.BodyTooLarge(limit=limit)
            chunks.append(chunk)
    except InternalServerException:
        # The client has hung up half-way, as phones do: nobody reads the answer, and it is no fault of ours.
        raise errors.MalformedBody from None
    return b"".join(chunks)


def answer_format(request: Request[Any, Any, Any]) -> formats.Format:
    """The format to answer in. Raises NotAcceptable: ask before any work is done, or it would be done in vain."""
    return formats.accepted_format(",".join(header_values(request.scope, b"accept")))


async def answer(request: Request[Any, Any, Any], value: object, format_: formats.Format) -> Response[bytes]:
    """A 200 with the value in the format, gzip above 1 KiB where accepted."""
    body = formats.encode(value, format_)
    headers = {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
    if len(body) > formats.GZIP_ABOVE and formats.accepts_gzip(header(request.scope, b"accept-encoding")):
        headers["Content-Encoding"] = "gzip"
        if len(body) > THREAD_ABOVE:
            body = await asyncio.to_thread(formats.compress, body)
        else:
            body = formats.compress(body)
    return ReadyAnswer(body, media_type=format_, headers=headers)
