"""Concurrent clients for a fixed time, and what came of it."""

import asyncio
import gc
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.clients import Client

CEILING = "asyncpg"


@dataclass
class Round:
    """One variant's turn: seconds each request took, how long the turn was, and how busy the driver's process."""

    latencies: list[float]
    elapsed: float
    busy: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.elapsed


@dataclass
class Series:
    """All turns of a variant."""

    rounds: list[Round] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second: the median of the turns."""
        return statistics.median(turn.rate for turn in self.rounds)

    def percentile(self, share: float) -> float:
        """A percentile of all latencies, in milliseconds."""
        latencies = sorted(latency for turn in self.rounds for latency in turn.latencies)
        return 1000 * latencies[min(int(len(latencies) * share), len(latencies) - 1)]

    def ratios(self, ceiling: "Series") -> list[float]:
        """The rate as a share of the ceiling's, round by round, so that the machine's drift cancels."""
        return [mine.rate / top.rate for mine, top in zip(self.rounds, ceiling.rounds, strict=True)]


async def drive(clients: Sequence[Client], seconds: float) -> Round:
    """Run each client again and again until the time is over. A failing request ends the benchmark."""
    latencies: list[float] = []
    worked = time.process_time()
    started = time.perf_counter()
    end = started + seconds

    async def run(client: Client) -> None:
        while (begun := time.perf_counter()) < end:
            await client()
            latencies.append(time.perf_counter() - begun)

    await asyncio.gather(*(run(client) for client in clients))
    elapsed = time.perf_counter() - started
    return Round(latencies, elapsed, (time.process_time() - worked) / elapsed)


async def compare(variants: Mapping[str, Sequence[Client]], rounds: int, seconds: float) -> dict[str, Series]:
    """Give all variants a turn in each round, in alternating order, after one short turn to warm up."""
    series = {name: Series() for name in variants}
    expected = {}
    for name, clients in variants.items():
        expected[name] = (await drive(clients, min(1.0, seconds))).rate * seconds * 1.5 / len(clients)
    for number in range(rounds):
        for name in list(variants) if number % 2 == 0 else list(reversed(variants)):
            for client in variants[name]:
                client.prepare(int(expected[name]))
            # Collecting the garbage of the preparation is not part of the load.
            gc.collect()
            gc.freeze()
            series[name].rounds.append(await drive(variants[name], seconds))
    return series
