"""The calls by which a persona is asked which functions it may execute, and whether one tells of other users' rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from medtime_backend.audit.inventory import Function
from medtime_backend.audit.personas import PERSONAS, Persona
from medtime_backend.audit.probing import Echo
from medtime_backend.audit.quoting import literal, qualified
from medtime_backend.audit.seeding import OTHER_OWNER, Asker, Seeds

MOST_RESULTS: Final = 1000
SAMPLES: Final = {
    "text": "'audit'",
    "integer": "1",
    "bigint": "1",
    "boolean": "true",
    "jsonb": "'{}'",
    "timestamp with time zone": "now()",
    "interval": "'1 hour'",
}


def calls(function: Function, seeds: Seeds) -> Iterator[str]:
    """The calls to try: with nulls, with a stranger's id and nulls, with a stranger's id and sample values."""
    if function.is_procedure:
        yield f"call {_call(function, ['null'] * len(function.arguments))}"
        return
    yield _query(function, [f"null::{argument}" for argument in function.arguments])
    if "uuid" in function.arguments and not function.is_trigger:
        stranger = literal(str(seeds.users[OTHER_OWNER]))
        for samples in ({}, SAMPLES):
            yield _query(
                function,
                [
                    f"{stranger if argument == 'uuid' else samples.get(argument, 'null')}::{argument}"
                    for argument in function.arguments
                ],
            )


def _call(function: Function, arguments: list[str]) -> str:
    return f"{qualified(function.short_name)}({', '.join(arguments)})"


def _query(function: Function, arguments: list[str]) -> str:
    rows = f"select * from {_call(function, arguments)} limit {MOST_RESULTS}"  # noqa: S608 - quoted
    if function.is_trigger:
        return f"select to_jsonb({_call(function, arguments)}::text)"
    return f"select coalesce(jsonb_agg(to_jsonb(r)), '[]') from ({rows}) as r"  # noqa: S608 - quoted


def told_of(echo: Echo, asker: Asker) -> frozenset[str]:
    """Whose rows an answer tells of, by the marks of users that occur in it: own, shared, foreign.

    Neither is the id of the stranger that was passed in a mark, since functions repeat their arguments, nor are those
    of the other sides of the persona's own links.
    """
    if echo.state != "done" or echo.answer is None:
        return frozenset()
    text = msgspec.json.encode(echo.answer).decode()
    known = {str(asker.seeds.users[name]) for name in (OTHER_OWNER, *linked_with(asker.persona))}
    found = set()
    for name, marks in asker.seeds.marks.items():
        if any(mark in text for mark in marks - known):
            found.add(asker.class_of((str(asker.seeds.users[name]),)))
    return frozenset(found)


def linked_with(persona: Persona) -> frozenset[str]:
    """The users on the other side of a persona's links, whatever their status."""
    owners = {owner for owner, _ in persona.links}
    caregivers = {one.user for one in PERSONAS if persona.user in {owner for owner, _ in one.links}}
    return frozenset(owners | caregivers)


def executed(echo: Echo, *, may: bool) -> bool:
    """Whether the call got past the right to execute; `may` is what the catalog says of it.

    A function that runs as its caller can itself be refused a right, with the same SQLSTATE.
    """
    return may if echo.no_grant else True
