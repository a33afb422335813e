"""What differs between the files and a database's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medtime_backend.migrations.comparison import Standing
from medtime_backend.migrations.findings import Finding


def check_differences(standings: Sequence[Standing]) -> Iterator[Finding]:
    """Drift, versions without a file, versions out of order, renamed files, rows without statements."""
    for one in standings:
        if one.drift:
            what = (
                "is not in the history"
                if one.drift.in_history is None
                else "is in the history and not in the file"
                if one.drift.in_file is None
                else "is another than the one that was applied"
            )
            yield Finding(
                "drift",
                "error",
                one.file or one.version,
                f"Statement {one.drift.statement} {what}.",
                "Take the change back and write a new migration. If the database has it already, "
                f"`medtime migrate repair {one.version} --status applied` records the file as it is.",
                one.drift.statement,
                one.drift.line,
            )
        elif one.state == "remote only":
            yield Finding(
                "remote-only",
                "error",
                one.version,
                f"The database has {one.version} ({one.name or 'no name'}), and no file here.",
                "Bring this checkout up to date, or write the file with `supabase migration fetch`.",
            )
        elif one.state == "out of order":
            yield Finding(
                "out-of-order",
                "error",
                one.file or one.version,
                "It is not applied, and later ones are.",
                "Give it a later version, or apply it with --include-all if the order does not matter.",
            )
        elif not one.compared:
            yield Finding(
                "no-statements",
                "warning",
                one.file or one.version,
                "The history lists it without statements, so it could not be compared.",
                f"If the file is what was applied: `medtime migrate repair {one.version} --status applied`.",
            )
        elif one.state == "applied" and one.recorded_name not in {None, one.name}:
            yield Finding(
                "renamed",
                "warning",
                one.file or one.version,
                f"It was applied as '{one.recorded_name}'.",
                "Give it its name back.",
            )
