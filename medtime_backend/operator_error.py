"""The one base of mistakes and troubles that a person at a terminal can act on."""

from __future__ import annotations


class OperatorError(Exception):
    """Something the person who typed the command can put right.

    The message is one complete sentence for that person: the CLI prints it in red on standard error and exits
    with 1, without a traceback. `details` are further lines (the end of a log, say) shown below it.
    """

    def __init__(self, message: str, *, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details
