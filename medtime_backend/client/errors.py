"""What can go wrong in the reference client. After any of these the state is whole: call again later."""

from medtime_backend.client.messages import Problem


class SyncError(Exception):
    """A call did not succeed; `status` is 0 if there was no answer."""

    status = 0
    retryable = False
    retry_after: int | None = None


class UnreachableError(SyncError):
    """No answer came, after all retries: no network, a time-out, a broken connection."""

    retryable = True


class UnexpectedAnswerError(SyncError):
    """The answer is not of this protocol: a proxy's page, a captive portal, a garbled or cut-off body."""


class ProblemError(SyncError):
    """The server answered with a problem, kept in `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.slug}: {problem.title} (request {problem.request_id or 'unnamed'})")
        self.problem = problem


class UnsettledError(SyncError):
    """Others kept writing, or the server kept refusing, for more rounds than is sane."""


class OwnerMismatchError(SyncError):
    """State and token belong to different users, or to whom is not known: data must not change hands."""


class UnknownEntityError(SyncError):
    """There is no such live entity on this device."""
