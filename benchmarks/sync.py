"""`make bench`: the service beside its SQL, growth, policies and their audit (how to read it: benchmarks/README.md)."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import asyncpg
import uvloop
from rich.console import Console

from benchmarks import audit, growth, identity, machine, policies, throughput
from benchmarks.report import Report
from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack
from tests.rates import UNLIMITED

PARTS = ("audit", "policies", "push", "pull", "identity", "growth")


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument("--quick", action="store_true", help="3 rounds, and growth to 100,000 entities only")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part; may be repeated")
    parser.add_argument("--rounds", type=int, default=0, help="rounds of all parts but growth (6)")
    parser.add_argument("--seconds", type=float, default=3.0, help="seconds each variant has in a round (3)")
    cores = os.cpu_count() or 1
    parser.add_argument("--workers", type=int, default=cores, help=f"processes of the service (one a core: {cores})")
    parser.add_argument("--directory", type=Path, help="where the temporary data goes: a disk as in production")
    return parser.parse_args()


async def run(stack: StackInfo, asked: argparse.Namespace, console: Console) -> Report:
    """Measure the parts asked for."""
    parts = asked.only or PARTS
    rounds = asked.rounds or (3 if asked.quick else 6)
    superuser = await asyncpg.connect(stack.admin_database_url)
    try:
        report = Report(await machine.facts(superuser, stack.data_dir))
        # First: nobody has written yet, as in a database whose migrations were just applied.
        if "audit" in parts:
            console.print("measuring the audit")
            report.add_audit(await audit.measure(stack, rounds, console.print))
        if "policies" in parts:
            console.print("measuring row level security")
            report.add_policies(await policies.measure(rounds))
        if {"push", "pull", "identity"} & set(parts):
            accounts = await throughput.open_accounts(superuser, stack)
            if "identity" in parts:
                console.print("measuring identity")
                report.add_costs(await identity.measure(stack, accounts[0], stack.data_dir))
            # Pulls first: pushes change the accounts.
            if "pull" in parts:
                console.print("measuring pulls")
                report.add_throughput("pull", await throughput.measure_pull(stack, accounts, rounds, asked.seconds))
            if "push" in parts:
                console.print("measuring pushes")
                report.add_throughput("push", await throughput.measure_push(stack, accounts, rounds, asked.seconds))
        if "growth" in parts:
            sizes = growth.QUICK_SIZES if asked.quick else growth.SIZES
            large = await growth.open_accounts(superuser, stack, sizes, console.print)
            console.print("measuring growth")
            report.add_growth(await growth.measure(superuser, stack, large))
        report.machine["load average at end"] = f"{os.getloadavg()[0]:.2f}"
        return report
    finally:
        await superuser.close()


def main() -> int:
    """Start a stack that keeps its data as production does, measure, print, stop."""
    asked = arguments()
    # Redirected, rich would assume 80 columns.
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory(prefix="medtime-bench-", dir=asked.directory) as folder:
        options = StackOptions(
            data_dir=Path(folder) / "stack",
            durable=True,
            seed=False,
            workers=asked.workers,
            service_environment=UNLIMITED,
        )
        with Stack(options) as stack:
            report = uvloop.run(run(stack, asked, console))
    report.print(console)
    if asked.json:
        report.write(asked.json)
    return int(asked.strict and not all(target.met for target in report.targets))


if __name__ == "__main__":
    sys.exit(main())
