"""SQL to paste that shows one object of a snapshot as it is in the live database."""

from __future__ import annotations

from functools import cache
from importlib import resources

from medtime_backend.audit.quoting import literal


def reproduction(kind: str, name: str, container: str) -> str:
    """The query for an object of this kind, from reproductions.sql."""
    return _queries()[kind].replace("$1", literal(name)).replace("$2", literal(container))


@cache
def _queries() -> dict[str, str]:
    """Kind → query. A query begins with a comment that lists its kinds; the first comment is the file's."""
    text = (resources.files("medtime_backend.audit.catalog") / "reproductions.sql").read_text(encoding="utf-8")
    found = {}
    for part in text.split("\n\n")[1:]:
        kinds, _, query = part.partition("\n")
        found.update(dict.fromkeys(kinds.removeprefix("-- ").split(", "), query.strip()))
    return found
