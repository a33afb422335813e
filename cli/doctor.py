"""`medtime doctor`: checks a deployment from outside and inside."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace
from typing import Annotated

import structlog
import typer
from rich.markup import escape

from cli.database import DatabaseUrl
from cli.doctor_deployment import deployment_of, read_credentials
from cli.output import checking, messages, plain_table, print_json, print_table
from medtime_backend.doctor.examination import examine
from medtime_backend.doctor.findings import Finding, exit_code

STYLES = {"ok": "green", "warning": "yellow", "failure": "red", "skipped": "dim"}


def doctor(
    url: Annotated[str | None, typer.Option(metavar="URL", show_default=False, help="The service's address.")] = None,
    db_url: DatabaseUrl = None,
    user: Annotated[str | None, typer.Option(metavar="EMAIL", show_default=False, help="Sign in as this user.")] = None,
    password_from: Annotated[
        str | None,
        typer.Option(metavar="FILE", show_default=False, help="The user's password: a file's first line; - for stdin."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Push, pull and delete an entity of that user.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=10_000, help="Workers of all instances together.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a deployment, from outside and inside; docs/doctor.md lists the checks.

    The service's settings are read from the environment, those of the project from SUPABASE_URL and
    SUPABASE_PUBLISHABLE_KEY. Where nothing is named, the stack of `medtime dev` here is checked, as its demo user.
    Without --write nothing is changed.

    Exits with 0 when nothing has failed, with 1 on a failure, with 2 when nothing could be checked.
    """
    # What our modules log would get between the lines.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with checking():
        known = deployment_of(url, db_url, read_credentials(user, password_from))
    started = time.monotonic()
    findings = asyncio.run(examine(replace(known, workers=workers, write=write)))
    seconds = round(time.monotonic() - started, 1)
    code = exit_code(findings)
    if as_json:
        print_json({"findings": findings, "ok": code == 0, "seconds": seconds})
    else:
        _print(findings, seconds)
    raise typer.Exit(code)


def _print(findings: list[Finding], seconds: float) -> None:
    table = plain_table("Check", "Result", "Detail")
    for one in findings:
        table.add_row(escape(one.check), f"[{STYLES[one.result]}]{one.result}[/]", escape(one.detail))
        if one.mend:
            table.add_row("", "", f"[dim]→ {escape(one.mend)}[/]")
    print_table(table)
    counts: Counter[str] = Counter(one.result for one in findings)
    told = ", ".join(f"[{STYLES[result]}]{counts[result]} {result}[/]" for result in STYLES if counts[result])
    messages.print(f"{told}, in {seconds} s")
