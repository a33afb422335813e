"""How long `medtime policies audit` takes on our schema: the whole process, as a user runs it."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.database import VARIABLE
from medtime_backend.local.options import StackInfo

PROGRAM = Path(sys.executable).with_name("medtime")
SECONDS = 120.0
COULD_NOT_CHECK = 2

AS_IT_IS_RUN = "as it is run: drift and pgrls"
# The first run of the advisors downloads the official Supabase CLI, so they may be out of reach.
ADVISORS = "with the advisors too"
VARIANTS = {AS_IT_IS_RUN: (), ADVISORS: ("--advisors",), "read-only": ("--read-only",)}
NOTHING = "medtime --version: starting alone"

AuditSeconds = dict[str, list[float]]
"""Variant → seconds of each run."""


async def measure(stack: StackInfo, rounds: int, report: Callable[[str], None]) -> AuditSeconds:
    """Run all variants in turn, after one run of each to warm up.

    Raises ValueError when an audit could not check everything: its time would mean nothing. A finding is none of ours.
    """
    commands = {name: ("policies", "audit", *options) for name, options in VARIANTS.items()}
    commands[NOTHING] = ("--version",)
    for name, command in list(commands.items()):
        try:
            await _run(stack, name, command)
        except ValueError as fault:
            if name != ADVISORS:
                raise
            report(f"left out: {fault}")
            del commands[name]
    taken: AuditSeconds = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            taken[name].append(await _run(stack, name, command))
    return taken


async def _run(stack: StackInfo, name: str, command: Sequence[str]) -> float:
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *command,
        env={**os.environ, VARIABLE: stack.admin_database_url},
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            _, errors = await process.communicate()
    except TimeoutError:
        raise ValueError(f"{name}: not done in {SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode not in range(COULD_NOT_CHECK):
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        raise ValueError(f"{name}: exit code {process.returncode} {' '.join(last)}")
    return time.perf_counter() - started
