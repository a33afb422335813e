"""`medtime policies`: who may do what in the database, whether that is so, and the migration when it shall change."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.audit_run import AuditOptions, run_audit
from cli.database import VARIABLE, url_from_file
from cli.migrate_run import checkout
from cli.output import checking, messages, print_json
from cli.policies_tables import print_audit, print_matrix
from cli.shadow_database import shadow_connection
from medtime_backend.audit.declaration_files import policies_directory, read_declarations
from medtime_backend.audit.declarations import Declarations
from medtime_backend.audit.examination import RULES
from medtime_backend.audit.personas import NAMES
from medtime_backend.audit.policy_migration import plan
from medtime_backend.audit.reports.junit import render_junit
from medtime_backend.audit.reports.page import render_page
from medtime_backend.audit.reports.sarif import render_sarif
from medtime_backend.migrations.creation import create_migration
from medtime_backend.operator_error import OperatorError

policies = typer.Typer(no_args_is_help=True, help="Who may do what in the database, and whether that is so.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AuditedUrl = Annotated[
    str | None,
    typer.Option(
        "--db-url",
        envvar=VARIABLE,
        callback=url_from_file,
        show_default=False,
        metavar="URL",
        help="Database, as a role that may become all personas; without it, the stack of `medtime dev` here.",
    ),
]
Directory = Annotated[
    Path | None,
    typer.Option("--policies", metavar="DIR", show_default=False, help="The declarations; by default our own."),
]
Personas = Annotated[
    list[str] | None,
    typer.Option("--persona", metavar="NAME", show_default=False, help="Only this one; can be given again."),
]
ReadOnly = Annotated[
    bool, typer.Option("--read-only", help="Read the catalog only, for production; says what it cannot prove.")
]
NoDrift = Annotated[bool, typer.Option("--no-drift", help="Do not compare with a database made by the migrations.")]
NoPgrls = Annotated[bool, typer.Option("--no-pgrls", help="Do not run pgrls.")]
Advisors = Annotated[bool, typer.Option("--advisors", help="Run the advisors of the official Supabase CLI too.")]
Suppressions = Annotated[
    Path | None,
    typer.Option(
        "--suppressions", metavar="FILE", show_default=False, help="What is accepted; by default DIR/suppressions.toml."
    ),
]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", show_default=False, help="Write a page to look at.")
]
Sarif = Annotated[Path | None, typer.Option("--sarif", metavar="FILE", show_default=False, help="Write SARIF 2.1.0.")]
Junit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", show_default=False, help="Write JUnit XML.")]


@policies.command()
def audit(
    db_url: AuditedUrl = None,
    read_only: ReadOnly = False,
    persona: Personas = None,
    no_drift: NoDrift = False,
    no_pgrls: NoPgrls = False,
    advisors: Advisors = False,
    directory: Directory = None,
    suppressions: Suppressions = None,
    html: Html = None,
    sarif: Sarif = None,
    junit: Junit = None,
    as_json: Json = False,
) -> None:
    """Try what every kind of caller can do with every object, and compare with what policies/ declares.

    All in one transaction that is rolled back. Exits with 0 when everything is as declared, with 1 on a finding, with 2
    when something could not be checked.
    """
    with checking():
        options = AuditOptions(
            db_url=db_url,
            directory=directory or policies_directory(),
            read_only=read_only,
            personas=tuple(persona or NAMES),
            drift=not no_drift,
            pgrls=not no_pgrls,
            advisors=advisors,
            suppressions=suppressions,
        )
        result = run_audit(options)
        if html:
            _write(html, render_page(result, RULES))
        if sarif:
            _write(sarif, render_sarif(result, RULES, _files(read_declarations(options.directory))))
        if junit:
            _write(junit, render_junit(result))
    if as_json:
        print_json(result)
    else:
        print_audit(result)
    raise typer.Exit(result.exit_code)


@policies.command()
def report(
    page: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to write it.")] = Path("policies-report.html"),
    db_url: AuditedUrl = None,
    read_only: ReadOnly = False,
    persona: Personas = None,
    no_drift: NoDrift = False,
    no_pgrls: NoPgrls = False,
    advisors: Advisors = False,
    directory: Directory = None,
    suppressions: Suppressions = None,
) -> None:
    """Audit, and write a page to look at: everything in one file, which asks for nothing from anywhere.

    Exits like audit.
    """
    audit(
        db_url=db_url,
        read_only=read_only,
        persona=persona,
        no_drift=no_drift,
        no_pgrls=no_pgrls,
        advisors=advisors,
        directory=directory,
        suppressions=suppressions,
        html=page,
    )


@policies.command()
def matrix(persona: Personas = None, directory: Directory = None, as_json: Json = False) -> None:
    """Print who may do what, as policies/ declares it; no database is asked."""
    with checking():
        declarations = read_declarations(directory or policies_directory())
        unknown = sorted(set(persona or ()) - set(NAMES))
        if unknown:
            raise OperatorError(f"There is no persona '{unknown[0]}'; known: {', '.join(NAMES)}.")
    print_matrix(declarations, tuple(persona or NAMES), as_json=as_json)


@policies.command()
def migration(
    name: Annotated[str, typer.Argument(help="What it does, in words of a-z and _: let_caregivers_read_x.")],
    directory: Directory = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the SQL, write nothing.")] = False,
) -> None:
    """Write the migration that makes the database what policies/ declares.

    A database made by the migrations so far is compared with one to which the files of policies/ were applied.
    """
    with checking():
        sql = asyncio.run(_planned(directory or policies_directory()))
        if sql is None:
            messages.print("Migrations and policies/ say the same: nothing to write.")
            return
        if dry_run:
            typer.echo(sql)
            return
        path = create_migration(checkout(), name, datetime.now(UTC), sql)
    messages.print(f"Written to {path}: read it, then apply it.", markup=False)


async def _planned(directory: Path) -> str | None:
    async with shadow_connection() as connection:
        return await plan(connection, read_declarations(directory))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from error
    messages.print(f"Written to {path}.", markup=False)


def _files(declarations: Declarations) -> dict[str, str]:
    """Where each object is declared: code scanning shows only what lies in a file."""
    return {name: f"policies/{file}" for name, file in declarations.files.items()}
