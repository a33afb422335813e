"""`medtime catalog search`: what a phone would find, and why."""

from __future__ import annotations

from typing import Annotated

import asyncpg
import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from cli.database import DatabaseUrl, run
from cli.output import messages, print_json, results
from medtime_backend.catalog.errors import CatalogError
from medtime_backend.database import statement
from medtime_backend.schemas.catalog import SearchAnswer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def search(
    query: Annotated[str, typer.Argument(help="Name, brand, substance, strength or code.")],
    source: Annotated[str | None, typer.Option(help="rxnorm, cofepris or ema.")] = None,
    country: Annotated[str | None, typer.Option(help="US, MX or EU.")] = None,
    form: Annotated[str | None, typer.Option(help="Dose form, in English or Spanish.")] = None,
    ingredient: Annotated[str | None, typer.Option(help="A substance, by any name.")] = None,
    status: Annotated[str, typer.Option(help="active, another status, or any.")] = "active",
    lang: Annotated[str, typer.Option(help="Of the ingredients' names: en or es.")] = "en",
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many at most.")] = 20,
    db_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Search the catalog as the service does. Exits with 1 when nothing is found."""

    async def work(connection: asyncpg.Connection) -> SearchAnswer:
        try:
            text = await connection.fetchval(
                statement("catalog_search"), query, source, country, form, ingredient, status, lang, limit, None
            )
        except asyncpg.PostgresError as refused:
            if refused.sqlstate != "MT400":
                raise
            names = ", ".join(msgspec.json.decode(refused.detail)["parameters"])
            raise CatalogError(f"The search cannot be made so: {names}.") from None
        return msgspec.json.decode(text, type=SearchAnswer)

    found = run(db_url, work)
    if as_json:
        print_json(found)
    else:
        _print_hits(found)
    if not found.hits:
        raise typer.Exit(1)


def _print_hits(found: SearchAnswer) -> None:
    if found.hits:
        table = Table("Id", "Name", "Form", "Status", "Match", "Matched", box=None, padding=(0, 2, 0, 0))
        for hit in found.hits:
            cells = (hit.id, hit.name, hit.form or "", hit.status, hit.match, hit.matched or "")
            table.add_row(*map(escape, cells))
        results.print(table)
    else:
        messages.print("Nothing is found.")
    if found.suggestions:
        messages.print(f"Did you mean: {escape(', '.join(found.suggestions))}?")
    if found.filtered:
        messages.print(f"{found.filtered:,} more fit the words, but not the strength, form, filters or status.")
