"""Search and detail on a catalog grown from the real files: cold by SQL, kept over HTTP (how to read it: README.md)."""

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.http_load import HEAD_END, HttpConnection
from medtime_backend.catalog.seeding import File, seed
from medtime_backend.catalog.sources import SOURCES
from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack
from tests.rates import UNLIMITED
from tests.search.excerpt import EXCERPT
from tests.search.judged import FILE as JUDGED

GROWTH = Path(__file__).with_name("catalog_growth.sql").read_text(encoding="utf-8")
INDEX = """
select private.index_catalog(array(
  select p.id from public.catalog_products as p
  left join public.catalog_documents as d on p.id = d.product_id
  where d.product_id is null
))
"""
SAMPLE = "select id, name from public.catalog_products order by md5(id) limit $1"
# What people should not ask, and do: each word of it is in thousands of products, or in none.
BROAD = ("a", "in", "ta", "tablet", "oral tablet", "10 mg", "5 ml", "solution injection", "acid", "zzzzzzzz")
CLIENTS = 16
HOT = 200


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=300_000, help="size of the catalog (300,000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds of each load over HTTP (10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    cores = os.cpu_count() or 1
    parser.add_argument("--workers", type=int, default=cores, help=f"processes of the service (one a core: {cores})")
    return parser.parse_args()


async def fill(stack: StackInfo, products: int) -> dict[str, float]:
    """Seed the excerpt, grow it, index it. Gives the seconds that took."""
    owner = await asyncpg.connect(stack.database_url, statement_cache_size=0, command_timeout=3600)
    for name, path in EXCERPT.items():
        await seed(owner, SOURCES[name], File(path, path.name))
    base = await owner.fetchval("select count(*) from public.catalog_products")
    async with owner.transaction():
        await owner.execute("set local statement_timeout = '1h'")
        await owner.execute("select set_config('medtime.copies', $1, true)", str(products // base + 1))
        await owner.execute(GROWTH)
        begun = time.perf_counter()
        await owner.execute(INDEX)
        seconds = time.perf_counter() - begun
        await owner.execute("update public.catalog_version set version = version + 1")
    superuser = await asyncpg.connect(stack.admin_database_url, command_timeout=3600)
    await superuser.execute("vacuum (analyze)")
    total = await owner.fetchval("select count(*) from public.catalog_documents")
    await superuser.close()
    await owner.close()
    return {"products": total, "index_seconds": seconds}


async def questions(stack: StackInfo) -> tuple[list[str], list[str]]:
    """Queries (the judged ones; beginnings, words, whole names and slips of products; broad ones), and ids."""
    owner = await asyncpg.connect(stack.database_url)
    found = await owner.fetch(SAMPLE, 1500)
    await owner.close()
    chance = random.Random(7)
    asked = [line.partition("\t")[0] for line in JUDGED.read_text(encoding="utf-8").splitlines()[1:]]
    for row in found:
        word = row["name"].split()[0]
        place = chance.randrange(len(word))
        asked.append(
            chance.choice(
                (
                    row["name"][: chance.randint(3, 9)],
                    row["name"][:200],
                    " ".join(row["name"].split()[:2]),
                    word[:place] + chance.choice("aeinrst") + word[place + 1 :],
                )
            ).strip()
        )
    asked += BROAD
    chance.shuffle(asked)
    return [query for query in asked if query], [row["id"] for row in found]


async def cold(stack: StackInfo, statement: str, arguments_: Sequence[str]) -> list[float]:
    """Milliseconds of each call on one connection, after fifty to warm up."""
    connection = await asyncpg.connect(stack.service_database_url)
    for argument in arguments_[:50]:
        await connection.fetchval(statement, argument)
    times = []
    for argument in arguments_:
        begun = time.perf_counter()
        await connection.fetchval(statement, argument)
        times.append(1000 * (time.perf_counter() - begun))
    await connection.close()
    return sorted(times)


async def kept(stack: StackInfo, targets: Sequence[str], seconds: float) -> tuple[list[float], float]:
    """Milliseconds of each request of a set that was asked before, and requests a second."""
    requests = [f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1".encode() + HEAD_END for target in targets]
    connections = [await HttpConnection.open(stack.base_url) for _ in range(CLIENTS)]
    for _ in range(3):
        for number, request in enumerate(requests):
            await connections[number % CLIENTS].send(request)
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def run(connection: HttpConnection, chance: random.Random) -> None:
        while (begun := time.perf_counter()) < end:
            await connection.send(chance.choice(requests))
            times.append(1000 * (time.perf_counter() - begun))

    await asyncio.gather(*(run(one, random.Random(number)) for number, one in enumerate(connections)))
    for one in connections:
        one.close()
    return sorted(times), len(times) / seconds


def row(name: str, times: Sequence[float], rate: float | None = None) -> dict[str, object]:
    """A line of the table."""
    return {
        "what": name,
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[int(len(times) * 0.99)],
        "most_ms": times[-1],
        "per_second": rate,
    }


async def measure(stack: StackInfo, asked: argparse.Namespace) -> tuple[dict[str, float], list[dict[str, object]]]:
    """All figures."""
    size = await fill(stack, asked.products)
    queries, ids = await questions(stack)
    found = [
        row("search, cold (SQL)", await cold(stack, "select public.catalog_search($1)::text", queries)),
        row("detail, cold (SQL)", await cold(stack, "select public.catalog_product($1)::text", ids)),
    ]
    loads = {
        "search, kept (HTTP)": [f"/catalog/search?q={quote(query)}" for query in queries[:HOT]],
        "detail, kept (HTTP)": [f"/catalog/{quote(id_)}" for id_ in ids[:HOT]],
        "for comparison: /health/live": ["/health/live"],
    }
    for name, targets in loads.items():
        found.append(row(name, *await kept(stack, targets, asked.seconds)))
    return size, found


def main() -> None:
    """Start a stack, measure, print, stop."""
    asked = arguments()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="medtime-bench-") as folder:
        options = StackOptions(
            data_dir=Path(folder) / "stack", seed=False, workers=asked.workers, service_environment=UNLIMITED
        )
        with Stack(options) as stack:
            size, found = uvloop.run(measure(stack, asked))
    console.print(f"{size['products']:,.0f} products, indexed in {size['index_seconds']:.1f} s")
    table = Table("", "P50 ms", "P99 ms", "longest ms", "requests/s")
    for one in found:
        rate = one["per_second"]
        table.add_row(
            str(one["what"]),
            *(f"{one[name]:.1f}" for name in ("p50_ms", "p99_ms", "most_ms")),
            "" if rate is None else f"{rate:,.0f}",
        )
    console.print(table)
    if asked.json:
        asked.json.write_text(json.dumps({"size": size, "figures": found}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
