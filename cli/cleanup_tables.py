"""How `medtime cleanup` shows what was removed, what would be, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cli.output import messages, plain_table, print_table
from medtime_backend.services.cleanup import Due, Run, Schedule, Step

KINDS: Final = {
    "tombstones": "deleted entities",
    "ocr_requests": "notes of OCR requests",
    "wake_ups": "wake-ups that nobody sent",
    "invitations": "expired invitations",
    "ended_links": "revoked and declined family links",
}
ELSEWHERE: Final = (
    'Run "medtime cleanup run" daily from outside, as deploy/kubernetes/cleanup-cronjob.yaml does (docs/cleanup.md).'
)


def print_step(step: Step, seconds: float) -> None:
    """What a run has removed, and how it ended."""
    if step.outcome == "busy":
        messages.print("Another run is under way: medtime cleanup schedule shows it. Nothing was done.")
        return
    table = plain_table("Kind", "Removed")
    for kind, name in KINDS.items():
        table.add_row(name, f"{step.removed.get(kind, 0):,}")
    print_table(table)
    messages.print(f"Older than {step.cutoff:%Y-%m-%d %H:%M} UTC, in {seconds} s.")
    if step.passed_over:
        messages.print(f"{step.passed_over:,} tombstones stay for the next run: their owners were writing.")
    if step.outcome == "unfinished":
        messages.print("There was no time for all of it: run it again.")
    messages.print("In Redis there is nothing to remove: limits and sessions end by themselves, within two minutes.")


def print_due(due: list[Due]) -> None:
    """What a run would remove."""
    table = plain_table("Kind", "Would be removed")
    for one in due:
        table.add_row(KINDS[one.kind], f"{'more than ' if one.more else ''}{one.rows:,}")
    print_table(table)


def print_schedule(schedule: Schedule, following: datetime | None) -> None:
    """When it runs by itself, or how it could."""
    if schedule.cron == "missing":
        messages.print(f"Not scheduled: this Postgres has no pg_cron. {ELSEWHERE}")
    elif schedule.cron == "available":
        messages.print(
            "Not scheduled: run 'create extension pg_cron' in this database, then: medtime cleanup schedule --at 03:00"
        )
    elif schedule.cron == "forbidden":
        messages.print("Not scheduled: as a superuser, run 'grant usage on schema cron to postgres' in this database.")
    elif schedule.entry is None:
        messages.print("Not scheduled. Daily at 03:00 UTC: medtime cleanup schedule --at 03:00")
    elif not schedule.active:
        messages.print(f"Scheduled ({schedule.entry}), but switched off: medtime cleanup schedule --at 03:00")
    elif following is None:
        messages.print(f"Scheduled: {schedule.entry}, in pg_cron's time zone {schedule.time_zone}.")
    else:
        messages.print(f"Scheduled: daily at {following:%H:%M} UTC, next on {following:%Y-%m-%d}.")


def print_runs(runs: list[Run]) -> None:
    """How the last runs ended."""
    if not runs:
        messages.print("No run yet.")
        return
    table = plain_table("Started (UTC)", "By", "Ended", "Outcome", "Removed")
    for run in runs:
        ended = f"{run.ended_at:%H:%M:%S}" if run.ended_at else "-"
        removed = f"{sum(run.removed.values()):,}"
        table.add_row(f"{run.started_at:%Y-%m-%d %H:%M:%S}", run.ran_by, ended, run.outcome or "under way", removed)
    print_table(table)
