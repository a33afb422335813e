"""What can go wrong with the embedded stack. Each class says what to do about it in its message."""

from __future__ import annotations

from medtime_backend.operator_error import OperatorError


class StackError(OperatorError):
    """The embedded stack cannot start or has stopped by itself."""


class PortBusyError(StackError):
    """The asked port is held by another process; the message names it where the system lets us see it."""


class DataDirectoryBusyError(StackError):
    """A live stack works in the same data directory."""


class ProcessDiedError(StackError):
    """A process of the stack ended by itself; `details` are the last lines of its log."""


class StackCancelledError(StackError):
    """The person asked to stop while the stack was starting."""
