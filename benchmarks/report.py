"""Figures in one place: printed, as JSON, and against their targets."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import tables
from benchmarks.audit import AS_IT_IS_RUN, AuditSeconds
from benchmarks.driver import CEILING, Series
from benchmarks.growth import Timings, ratio
from benchmarks.identity import WHOLE, Costs
from benchmarks.policies import PolicyTimings, policy_ratios
from benchmarks.policy_databases import AGAIN, WITH, WITHOUT

P99_MS = 500.0
RATIOS = {"push": 0.6, "pull": 0.5}
GROWTH = 1.3
AUDIT_SECONDS = 10.0


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
    policies: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    audit: dict[str, dict[str, float]] = field(default_factory=dict)
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

    def add_policies(self, timings: PolicyTimings) -> None:
        """Note what row level security costs each request; nothing was promised."""
        for request, by_who in timings.items():
            self.policies[request] = {who: _policy_figures(by_copy) for who, by_copy in by_who.items()}

    def add_audit(self, taken: AuditSeconds) -> None:
        """Note how long the audit takes, and judge it as it is run without options."""
        for name, times in taken.items():
            figures = {"median": statistics.median(times), "shortest": min(times), "longest": max(times)}
            self.audit[name] = {**figures, "runs": len(times)}
        self._judge_most("audit of our schema: median in s", AUDIT_SECONDS, self.audit[AS_IT_IS_RUN]["median"])

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
            console.print(tables.throughput_table(kind, variants))
        if self.growth:
            console.print(tables.growth_table(self.growth))
        if self.costs:
            console.print(tables.costs_table(self.costs))
        if self.policies:
            console.print(tables.policies_table(self.policies))
        if self.audit:
            console.print(tables.audit_table(self.audit))
        table = Table("target", "wanted", "measured", "", title="Targets", title_justify="left")
        for target in self.targets:
            verdict = "[green]met[/]" if target.met else "[red]missed[/]"
            table.add_row(target.name, target.wanted, f"{target.value:.2f}", verdict)
        console.print(table)

    def _judge_least(self, name: str, least: float, value: float) -> None:
        self.targets.append(Target(name, f"≥ {least}", value, value >= least))

    def _judge_most(self, name: str, most: float, value: float) -> None:
        self.targets.append(Target(name, f"≤ {most}", value, value <= most))


def _policy_figures(by_copy: Mapping[str, Sequence[Sequence[float]]]) -> dict[str, Any]:
    p50, p99 = {}, {}
    for copy, rounds in by_copy.items():
        times = [time for one in rounds for time in one]
        p50[copy] = statistics.median(times)
        p99[copy] = statistics.quantiles(times, n=100)[-1]
    ratios = policy_ratios(by_copy)
    noise = policy_ratios(by_copy, AGAIN, WITH)
    return {
        "p50_ms": p50,
        "p99_ms": p99,
        "ratio": statistics.median(ratios),
        "ratio_lowest": min(ratios),
        "ratio_highest": max(ratios),
        "p99_ratio": p99[WITH] / p99[WITHOUT],
        "noise_lowest": min(noise),
        "noise_highest": max(noise),
    }
