"""How all commands speak to a person: messages and errors on standard error, results on standard output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from medtime_backend.operator_error import OperatorError

COULD_NOT_CHECK = 2

WIDEST = 10_000

messages = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False)


def show_error(error: OperatorError) -> None:
    """Print the error as one red line, its details below."""
    messages.print(f"[red]{escape(str(error))}[/red]")
    for line in error.details:
        messages.print(f"  {line}", style="dim", markup=False)


def print_json(value: Any) -> None:
    """Print one line of JSON on standard output."""
    results.print(msgspec.json.encode(value).decode(), soft_wrap=True, markup=False)


@contextmanager
def checking() -> Iterator[None]:
    """For commands that check: what keeps them from it is exit code 2, since 1 is a finding."""
    try:
        yield
    except OperatorError as error:
        show_error(error)
        raise typer.Exit(COULD_NOT_CHECK) from None


def plain_table(*columns: str) -> Table:
    """A table without lines, to be filled."""
    return Table(*columns, box=None, padding=(0, 2, 0, 0))


def print_table(table: Table) -> None:
    """Print it as wide as it needs to be, whatever the terminal's width: what is cut or folded cannot be copied."""
    needed = results.measure(table, options=results.options.update(max_width=WIDEST)).maximum
    Console(highlight=False, width=max(results.width, needed)).print(table)
