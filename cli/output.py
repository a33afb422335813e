"""How all commands speak to a person: messages and errors on standard error, results on standard output."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from medtime_backend.operator_error import OperatorError

messages = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False)


def show_error(error: OperatorError) -> None:
    """Print the error as one red line, its details below."""
    messages.print(f"[red]{escape(str(error))}[/red]")
    for line in error.details:
        messages.print(f"  {line}", style="dim", markup=False)
