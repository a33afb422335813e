"""The headers of a request as they came. Litestar's own mapping of them is made anew for each request, of all."""

from litestar.types import HTTPScope, Scope


def header_values(scope: Scope | HTTPScope, name: bytes) -> list[str]:
    """The values of a header, one for each time it was sent; `name` in lower case, as ASGI has them."""
    return [value.decode("latin-1") for given, value in scope["headers"] if given == name]


def header(scope: Scope | HTTPScope, name: bytes, default: str = "") -> str:
    """The first value of a header, or the default; `name` in lower case."""
    for given, value in scope["headers"]:
        if given == name:
            return value.decode("latin-1")
    return default
