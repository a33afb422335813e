"""Problems of the token relay: what Supabase Auth said, or that it said nothing."""

from typing import Any

from medtime_backend.errors.problem import Problem


class AuthRefused(Problem):
    """Supabase Auth refused the credentials or the request; `code` is its own error code."""

    slug, status = "auth-refused", 400
    title = "The sign-in was refused"
    advice = "Act on `code`: ask for the password again, or sign in anew when a refresh token is no longer good."


class AuthUnavailable(Problem):
    """Supabase Auth did not answer in time, or failed; `code` is its error code where it gave one."""

    slug, status = "auth-unavailable", 503
    title = "Sign-in is not available"
    advice = "Repeat the same request after Retry-After seconds; access tokens at hand stay valid."
    retryable = True

    def __init__(self, retry_after: int = 2, **facts: Any) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)}, **facts)
