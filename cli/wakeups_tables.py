"""How `medtime wakeups` shows what is queued and who sends it."""

from __future__ import annotations

from typing import Final

from cli.output import messages, plain_table, print_table
from medtime_backend.services.wakeups import MOST_COUNTED, Schedule, State

ELSEWHERE: Final = 'run "medtime wakeups send" every minute, as deploy/kubernetes/wakeups-cronjob.yaml does'


def print_state(state: State) -> None:
    """The queue and the totals."""
    table = plain_table("Wake-ups", "Number")
    for name, number in (
        ("accounts that changed, not looked at yet", state.requests),
        ("waiting", state.waiting),
        ("at work", state.at_work),
        ("set aside", state.set_aside_now),
        ("queued so far", state.queued),
        ("sent so far", state.sent),
        ("attempts repeated so far", state.retried),
        ("addresses removed so far", state.dead),
        ("set aside so far", state.set_aside),
    ):
        table.add_row(name, f"{number:,}")
    print_table(table)
    if MOST_COUNTED in {state.requests, state.waiting, state.at_work, state.set_aside_now}:
        messages.print(f"What is queued now is counted up to {MOST_COUNTED:,}.")
    messages.print(f"A device is woken at most once in {state.coalescing_window_seconds} s.")
    if state.oldest_seconds:
        messages.print(f"The one that is due first has been due for {state.oldest_seconds:,} s.")


def print_schedule(schedule: Schedule) -> None:
    """Who calls the sender, and what it answered."""
    if schedule.missing:
        messages.print(f"Not scheduled: {', '.join(schedule.missing)} cannot be used in this database; {ELSEWHERE}.")
    elif not schedule.active:
        messages.print(f"Not scheduled: medtime wakeups schedule --functions-url URL --key-from FILE; or {ELSEWHERE}.")
    else:
        messages.print(f"pg_cron calls the sender: {schedule.entry}")
    for call in schedule.calls:
        answer = call.fault or (f"answered {call.status}" if call.status else "no answer yet")
        messages.print(f"  {call.called_at:%Y-%m-%d %H:%M:%S} {answer}")
