"""Advisory locks are numbers of the whole database: two parts of ours that took the same would stop each other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TAKEN = re.compile(r"pg_(?:try_)?advisory_(?:xact_)?lock\((\d+)\)|ADVISORY_LOCK(?:: Final)? = ([\d_]+)")


def test_each_part_has_a_lock_of_its_own() -> None:
    files = [*(ROOT / "medtime_backend").rglob("*.py"), *(ROOT / "supabase/migrations").glob("*.sql")]
    taken = {
        (file.name, int((match[1] or match[2]).replace("_", "")))
        for file in files
        for match in TAKEN.finditer(file.read_text(encoding="utf-8"))
    }
    # Migrations, the cleanup, the catalog's seed and the queue of wake-ups.
    assert len(taken) >= 4
    assert len({number for _, number in taken}) == len(taken)
