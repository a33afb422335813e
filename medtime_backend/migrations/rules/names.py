"""Names and versions of the files of a directory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from medtime_backend.migrations.comparison import VERSION_TIME, time_of
from medtime_backend.migrations.files import Listing
from medtime_backend.migrations.findings import Finding

_DIGITS: Final = len("20260101000000")


def check_names(listing: Listing) -> Iterator[Finding]:
    """Files that are no migrations (a warning), versions used twice, and versions that sort where nobody expects."""
    for name in listing.others:
        yield Finding(
            "file-name",
            "warning",
            name,
            "Its name is not <version>_<name>.sql, so it is passed over.",
            "Rename it, or move it elsewhere.",
        )
    used = Counter(file.version for file in listing.files)
    lengths = {len(version) for version in used}
    for file in listing.files:
        if used[file.version] > 1:
            yield Finding(
                "version-twice",
                "error",
                file.path.name,
                f"{used[file.version]} files have the version {file.version}; the history has one row for it.",
                "Give all but one a later version.",
            )
        if time_of(file.version) is None:
            yield Finding(
                "version-form",
                # Among others of the same form they are in order at least.
                "error" if len(lengths) > 1 or len(file.version) < _DIGITS else "warning",
                file.path.name,
                f"{file.version} is not 14 digits of UTC time ({VERSION_TIME}); versions are ordered as text, 10 "
                "before 2.",
                "Where it is not applied anywhere yet, give it such a version.",
            )
        if not file.name:
            yield Finding("file-name", "warning", file.path.name, "It has a version and no name.", "Give it a name.")
