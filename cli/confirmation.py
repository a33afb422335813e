"""Asks before what cannot be undone."""

from __future__ import annotations

import sys

import typer

from medtime_backend.operator_error import OperatorError


def confirm(question: str, *, yes: bool) -> None:
    """Return when the person agrees, or has with --yes. Raises OperatorError where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise OperatorError(f"{question} Nobody can be asked here: add --yes.")
    typer.confirm(question, abort=True, err=True)
