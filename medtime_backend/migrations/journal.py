"""What a run has done so far; it can be read when the run was interrupted at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from medtime_backend.migrations.files import Migration
from medtime_backend.migrations.splitting import Statement

Watch = Callable[[Migration, int], None]
"""Is told before each statement: the file, and the statement's number from 1."""


@dataclass
class Journal:
    """`applied` versions with their history rows; of the `current` file, where it is and what of it stays.

    `kept` is how many of its first statements are committed, because one of them cannot run in a transaction;
    `committing` that its last transaction may or may not have been committed; `alone` that its statement is in none.
    """

    watch: Watch | None = None
    applied: list[str] = field(default_factory=list)
    current: Migration | None = None
    number: int = 0
    kept: int = 0
    committing: bool = False
    alone: bool = False

    def begin(self, migration: Migration) -> None:
        """The file is next."""
        self.current, self.number, self.kept = migration, 0, 0
        self.committing = self.alone = False

    def run(self, number: int, *, alone: bool = False) -> None:
        """The statement is next; `alone` when it runs outside of a transaction."""
        self.number, self.committing, self.alone = number, False, alone
        if self.watch and self.current:
            self.watch(self.current, number)

    @property
    def part(self) -> Statement | None:
        """The statement that runs; None for the row and the commit that follow the last one."""
        parts = self.current.parts if self.current else ()
        return parts[self.number - 1] if 0 < self.number <= len(parts) else None

    def end(self) -> None:
        """The file and its history row are committed."""
        if self.current:
            self.applied.append(self.current.version)
        self.current = None
