"""What a problem is: RFC 9457 with a stable type.

A class's docstring is its `title`'s explanation in docs/errors.md; `advice` is what the client should do next.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

PROBLEM_BASE = "https://medtime.app/errors/"


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """A problem with a stable type. `facts` are extension members: ids, numbers and reasons, never a payload."""

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    advice: ClassVar[str]
    retryable: ClassVar[bool] = False
    rpc_only: ClassVar[bool] = False
    """Whether only a database function raises it that apps call through RPC, or only an edge function answers with it:
    then it is in no endpoint's OpenAPI."""

    def __init__(self, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **facts: Any) -> None:
        super().__init__(self.slug)
        self.detail = detail or self.advice
        self.headers = dict(headers or {})
        self.facts = facts

    @property
    def type(self) -> str:
        """The problem's type URI."""
        return PROBLEM_BASE + self.slug
