"""Names and values as SQL text, for statements about objects that only the database knows."""

from __future__ import annotations


def identifier(name: str) -> str:
    """The name, quoted: "user_id"."""
    return '"' + name.replace('"', '""') + '"'


def qualified(name: str) -> str:
    """A schema.name, both quoted; the first dot parts them."""
    schema, _, rest = name.partition(".")
    return f"{identifier(schema)}.{identifier(rest)}"


def columns(names: tuple[str, ...]) -> str:
    """A list of columns."""
    return ", ".join(map(identifier, names))


def literal(value: str) -> str:
    """The text as a string constant (standard_conforming_strings is on)."""
    return "'" + value.replace("'", "''") + "'"
