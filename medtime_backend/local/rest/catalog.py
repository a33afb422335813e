"""What the database has under a name of the URL. Looked up for each request, so that a migration shows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from medtime_backend.local.rest.refusals import Refused
from medtime_backend.shipped_files import statements_in

statement = statements_in("local", "rest", "statements")
"""The text of statements/<name>.sql."""


@dataclass(frozen=True)
class Table:
    """A table or view of `public`: its columns with their types, and those of its primary key."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]


@dataclass(frozen=True)
class Function:
    """A function of `public`: what it takes (`optional` may be left out), and what comes out of it."""

    name: str
    arguments: Mapping[str, str]
    optional: frozenset[str]
    changes: bool
    gives_many: bool
    gives_nothing: bool
    gives_rows: bool

    def takes(self, names: frozenset[str]) -> bool:
        """Whether it can be called with these arguments."""
        return names <= self.arguments.keys() and self.arguments.keys() - self.optional <= names


async def find_table(connection: asyncpg.Connection, name: str) -> Table:
    """Return the table of this name. Raises Refused."""
    rows = await connection.fetch(statement("columns"), name)
    if not rows:
        raise Refused(404, "PGRST205", f"Could not find the table 'public.{name}' in the schema cache")
    return Table(name, {row["name"]: row["type"] for row in rows}, tuple(row["name"] for row in rows if row["in_key"]))


async def find_function(connection: asyncpg.Connection, name: str, given: frozenset[str]) -> Function:
    """Return the function of this name that takes these arguments. Raises Refused when none does, or several."""
    found = [_function(name, row) for row in await connection.fetch(statement("functions"), name)]
    fitting = [function for function in found if function.takes(given)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise Refused(300, "PGRST203", f"Could not choose the best candidate function among those named public.{name}")
    listed = ", ".join(sorted(given))
    what = f"with parameter{'s' if len(given) > 1 else ''} {listed}" if given else "without parameters"
    raise Refused(
        404,
        "PGRST202",
        f"Could not find the function public.{name}{f'({listed})' if given else ' without parameters'}"
        " in the schema cache",
        details=f"Searched for the function public.{name} {what}, but no matches were found in the schema cache.",
    )


def _function(name: str, row: asyncpg.Record) -> Function:
    modes = row["modes"] or ["i"] * len(row["types"])
    # Unnamed arguments have an empty name: such a function cannot be called by names.
    names = row["names"] or [""] * len(modes)
    taken = [(one, kind) for one, kind, mode in zip(names, row["types"], modes, strict=True) if mode in {"i", "b", "v"}]
    optional = [one for one, _ in taken][len(taken) - row["defaults"] :] if row["defaults"] else []
    return Function(
        name=name,
        arguments=dict(taken),
        optional=frozenset(optional),
        changes=row["changes"],
        gives_many=row["gives_many"],
        gives_nothing=row["gives_nothing"],
        gives_rows=row["gives_rows"],
    )
