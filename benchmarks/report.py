"""Figures as tables, as JSON, and against their targets."""

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.driver import CEILING, Series
from benchmarks.growth import Timings, ratio
from benchmarks.identity import WHOLE, Costs

P99_MS = 500.0
RATIOS = {"push": 0.6, "pull": 0.5}
GROWTH = 1.3


@dataclass(frozen=True)
class Target:
    """A figure that was promised."""

    name: str
    wanted: str
    value: float
    met: bool


@dataclass
class Report:
    """Everything one run has measured."""

    machine: dict[str, str]
    throughput: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    growth: dict[str, dict[str, Any]] = field(default_factory=dict)
    costs: dict[str, dict[str, float]] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)

    def add_throughput(self, kind: str, series: Mapping[str, Series]) -> None:
        """Note push's or pull's variants and judge them."""
        found = self.throughput[kind] = {}
        for name, one in series.items():
            ratios = one.ratios(series[CEILING])
            rates = [turn.rate for turn in one.rounds]
            found[name] = {
                "per_second": one.rate,
                "per_second_lowest": min(rates),
                "per_second_highest": max(rates),
                "p50_ms": one.percentile(0.50),
                "p99_ms": one.percentile(0.99),
                "ratio": statistics.median(ratios),
                "ratio_lowest": min(ratios),
                "ratio_highest": max(ratios),
                "driver_busy": statistics.median(turn.busy for turn in one.rounds),
                "requests": sum(len(turn.latencies) for turn in one.rounds),
            }
            if name != CEILING:
                self._judge_least(f"{kind}, {name}: ratio to the ceiling", RATIOS[kind], found[name]["ratio"])
                self._judge_most(f"{kind}, {name}: P99 in ms", P99_MS, found[name]["p99_ms"])

    def add_growth(self, timings: Timings) -> None:
        """Note page and push times by size of account; pages are judged."""
        for name, by_size in timings.items():
            self.growth[name] = {
                "median_ms": {str(size): statistics.median(times) for size, times in by_size.items()},
                "p95_ms": {str(size): statistics.quantiles(times, n=20)[-1] for size, times in by_size.items()},
                "ratio": ratio(by_size),
            }
            if not name.startswith("push"):
                self._judge_most(f"growth, {name}: largest / smallest", GROWTH, ratio(by_size))

    def add_costs(self, costs: Costs) -> None:
        """Note what identity costs a request, and as a share of a whole one."""
        whole = statistics.median(costs[WHOLE])
        for name, times in costs.items():
            self.costs[name] = {
                "p50_us": 1e6 * statistics.median(times),
                "p99_us": 1e6 * statistics.quantiles(times, n=100)[-1],
                "share": statistics.median(times) / whole,
            }

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def print(self, console: Console) -> None:
        """Print everything as tables."""
        table = Table(title="Machine", show_header=False, title_justify="left")
        for name, value in self.machine.items():
            table.add_row(name, value)
        console.print(table)
        for kind, variants in self.throughput.items():
            console.print(_throughput_table(kind, variants))
        if self.growth:
            console.print(_growth_table(self.growth))
        if self.costs:
            console.print(_costs_table(self.costs))
        table = Table("target", "wanted", "measured", "", title="Targets", title_justify="left")
        for target in self.targets:
            verdict = "[green]met[/]" if target.met else "[red]missed[/]"
            table.add_row(target.name, target.wanted, f"{target.value:.2f}", verdict)
        console.print(table)

    def _judge_least(self, name: str, least: float, value: float) -> None:
        self.targets.append(Target(name, f"≥ {least}", value, value >= least))

    def _judge_most(self, name: str, most: float, value: float) -> None:
        self.targets.append(Target(name, f"≤ {most}", value, value <= most))


def _throughput_table(kind: str, variants: Mapping[str, Mapping[str, Any]]) -> Table:
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


def _growth_table(growth: Mapping[str, Mapping[str, Any]]) -> Table:
    sizes = next(iter(growth.values()))["median_ms"]
    table = Table("request, one at a time", title="Growth: median ms (P95 ms) by entities", title_justify="left")
    for size in sizes:
        table.add_column(f"{int(size):,}", justify="right")
    table.add_column("largest / smallest", justify="right")
    for name, figures in growth.items():
        times = (f"{figures['median_ms'][size]:.2f} ({figures['p95_ms'][size]:.2f})" for size in sizes)
        table.add_row(name, *times, f"{figures['ratio']:.2f}")
    return table


def _costs_table(costs: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table("part of a request", title="Identity: µs a request", title_justify="left")
    for name in ("P50", "P99", "share of a whole pull"):
        table.add_column(name, justify="right")
    for name, figures in costs.items():
        table.add_row(name, f"{figures['p50_us']:.0f}", f"{figures['p99_us']:.0f}", f"{figures['share']:.1%}")
    return table
