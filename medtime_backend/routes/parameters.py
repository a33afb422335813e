"""Query parameters: an unknown or repeated one is refused, so that a misspelt `limit` is not ignored."""

from typing import Any

from litestar import Request

from medtime_backend import errors


def refuse_unknown(request: Request[Any, Any, Any], *known: str) -> None:
    """Raise InvalidParameter when the query has a parameter that is not known, or one twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    # An unknown name is the client's own text: it is not repeated.
    wrong = {name if name in known else "unknown" for name in names if name not in known or names.count(name) > 1}
    if wrong:
        raise errors.InvalidParameter(parameters=sorted(wrong))
