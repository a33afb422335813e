"""What happens by itself: the daily cleanup, the sending of wake-ups, and the access-token hook."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

from medtime_backend.doctor.connections import connected
from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, reason_of
from medtime_backend.doctor.operator_database import NO_URL
from medtime_backend.doctor.schema import FAULTS
from medtime_backend.services import cleanup, hook_check, users, wakeups

CLEANUP: Final = "cleanup"
HOOK: Final = "access-token hook"
WAKEUPS: Final = "wake-ups"
LATE: Final = timedelta(hours=36)
WAKEUPS_LATE: Final = 300


async def check_cleanup(visit: Visit) -> AsyncIterator[Finding]:
    """Whether the daily cleanup is scheduled, and when it last came to its end."""
    if not visit.deployment.admin_url:
        yield Finding(CLEANUP, "skipped", NO_URL)
        return
    try:
        async with connected(visit.deployment.admin_url) as connection:
            schedule, runs = await cleanup.schedule(connection), await cleanup.last_runs(connection, 20)
    except FAULTS as fault:
        yield Finding(CLEANUP, "skipped", f"could not be looked at: {reason_of(fault)}")
        return
    done = next((run.ended_at for run in runs if run.outcome == "done" and run.ended_at), None)
    when = f"last done {done:%Y-%m-%d %H:%M} UTC" if done else "never done"
    how = f"scheduled ({schedule.entry})" if schedule.active else f"not scheduled here (pg_cron {schedule.cron})"
    if done and datetime.now(UTC) - done < LATE:
        yield Finding(CLEANUP, "ok", f"{when}, {how}")
    else:
        mend = "medtime cleanup schedule --at 03:00, or medtime cleanup run daily from outside (docs/cleanup.md)"
        yield Finding(CLEANUP, "warning", f"{when}, {how}", mend)


async def check_wakeups(visit: Visit) -> AsyncIterator[Finding]:
    """Whether what is due is sent, and what the sender last answered."""
    if not visit.deployment.admin_url:
        yield Finding(WAKEUPS, "skipped", NO_URL)
        return
    try:
        async with connected(visit.deployment.admin_url) as connection:
            state, schedule = await wakeups.state(connection), await wakeups.schedule(connection)
    except FAULTS as fault:
        yield Finding(WAKEUPS, "skipped", f"could not be looked at: {reason_of(fault)}")
        return
    told = f"{state.sent:,} sent, {state.set_aside_now:,} set aside"
    answered = [call for call in schedule.calls if call.status or call.fault]
    if (state.oldest_seconds or 0) > WAKEUPS_LATE:
        mend = "let the sender be called every minute (docs/wakeups.md); medtime wakeups status shows its answers"
        yield Finding(WAKEUPS, "warning", f"due for {state.oldest_seconds:,} s, {told}", mend)
    elif answered and answered[0].failed:
        yield Finding(WAKEUPS, "warning", f"the sender was not reached, {told}", "medtime wakeups status tells why")
    else:
        yield Finding(WAKEUPS, "ok", told)


async def check_hook(visit: Visit) -> AsyncIterator[Finding]:
    """The hook, run as Auth would for the user that was given."""
    who = visit.deployment.credentials
    if not visit.deployment.admin_url or who is None:
        yield Finding(HOOK, "skipped", NO_URL if who else "no user was given (--user)")
        return
    try:
        async with connected(visit.deployment.admin_url) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                found = await hook_check.check(connection, await users.account(connection, who.email))
            finally:
                await transaction.rollback()
    except users.UserError as fault:
        yield Finding(HOOK, "skipped", str(fault))
        return
    except FAULTS as fault:
        yield Finding(HOOK, "skipped", f"could not be run: {reason_of(fault)}")
        return
    bad = [one for one in found if one.result != "ok"]
    if not bad:
        yield Finding(HOOK, "ok", f"{len(found)} checks")
        return
    yield Finding(
        HOOK,
        "failure" if any(one.result == "finding" for one in bad) else "warning",
        "; ".join(f"{one.check}: {one.detail}" for one in bad),
        f"medtime users hook-check {who.email}",
    )
