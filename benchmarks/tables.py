"""A report's figures as tables."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from benchmarks.policy_databases import WITH, WITHOUT


def throughput_table(kind: str, variants: Mapping[str, Mapping[str, Any]]) -> Table:
    """Push or pull: each variant's rate and times, and its share of the ceiling's rate."""
    title = f"{kind.capitalize()} of 50 entities of 1 KiB, 8 clients"
    table = Table("variant", f"{kind}es/s" if kind == "push" else f"{kind}s/s", title=title, title_justify="left")
    for name in ("lowest to highest", "P50 ms", "P99 ms", "ratio", "lowest to highest", "driver busy"):
        table.add_column(name, justify="right")
    for name, figures in variants.items():
        table.add_row(
            name,
            f"{figures['per_second']:.0f}",
            f"{figures['per_second_lowest']:.0f} to {figures['per_second_highest']:.0f}",
            f"{figures['p50_ms']:.1f}",
            f"{figures['p99_ms']:.1f}",
            f"{figures['ratio']:.2f}",
            f"{figures['ratio_lowest']:.2f} to {figures['ratio_highest']:.2f}",
            f"{figures['driver_busy']:.0%}",
        )
    return table


def growth_table(growth: Mapping[str, Mapping[str, Any]]) -> Table:
    """Each request's time by size of account."""
    sizes = next(iter(growth.values()))["median_ms"]
    table = Table("request, one at a time", title="Growth: median ms (P95 ms) by entities", title_justify="left")
    for size in sizes:
        table.add_column(f"{int(size):,}", justify="right")
    table.add_column("largest / smallest", justify="right")
    for name, figures in growth.items():
        times = (f"{figures['median_ms'][size]:.2f} ({figures['p95_ms'][size]:.2f})" for size in sizes)
        table.add_row(name, *times, f"{figures['ratio']:.2f}")
    return table


def costs_table(costs: Mapping[str, Mapping[str, float]]) -> Table:
    """What identity costs."""
    table = Table("part of a request", title="Identity: µs a request", title_justify="left")
    for name in ("P50", "P99", "share of a whole pull"):
        table.add_column(name, justify="right")
    for name, figures in costs.items():
        table.add_row(name, f"{figures['p50_us']:.0f}", f"{figures['p99_us']:.0f}", f"{figures['share']:.1%}")
    return table


def policies_table(policies: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Table:
    """Each request with and without row level security, by who asks."""
    title = "Row level security: P50 (P99) in ms of the same SQL without and with it, 1 client"
    table = Table("request", "who", title=title, title_justify="left")
    for name in ("without", "with", "with / without (by round)", "of P99", "noise (by round)"):
        table.add_column(name, justify="right")
    for request, by_who in policies.items():
        for who, figures in by_who.items():
            times = (f"{figures['p50_ms'][copy]:.2f} ({figures['p99_ms'][copy]:.2f})" for copy in (WITHOUT, WITH))
            table.add_row(
                request,
                who,
                *times,
                f"{figures['ratio']:.2f} ({figures['ratio_lowest']:.2f} to {figures['ratio_highest']:.2f})",
                f"{figures['p99_ratio']:.2f}",
                f"{figures['noise_lowest']:.2f} to {figures['noise_highest']:.2f}",
            )
    return table


def audit_table(audit: Mapping[str, Mapping[str, float]]) -> Table:
    """How long the audit takes."""
    table = Table("medtime policies audit", title="Audit of our schema: seconds, whole process", title_justify="left")
    for name in ("median", "shortest", "longest", "runs"):
        table.add_column(name, justify="right")
    for name, figures in audit.items():
        times = (f"{figures[key]:.1f}" for key in ("median", "shortest", "longest"))
        table.add_row(name, *times, f"{figures['runs']:.0f}")
    return table
