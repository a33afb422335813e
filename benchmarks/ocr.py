"""Reading prescriptions over HTTP: how many characters are wrong, how long it takes, what stays (see README.md)."""

import argparse
import asyncio
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import uvloop
from PIL import Image
from rich.console import Console
from rich.table import Table

from medtime_backend.local.options import StackInfo, StackOptions
from medtime_backend.local.stack import Stack
from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.key_ring import renewed, write_ring
from medtime_backend.ocr.parent_process import ParentProcess
from medtime_backend.ocr.sealing_keys import SealSuite
from tests.accounts import Account, new_account
from tests.ocr.one_worker import worker_of
from tests.ocr.pictures import encoded
from tests.ocr.processes import below, told
from tests.ocr.sealed import seal_for, send
from tests.rates import UNLIMITED

SHARED = Path(os.environ.get("MEDTIME_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
PHOTO = (4032, 3024)
"""12 megapixels, as phones take them."""
TARGETS = {"clean": 2.0, "phone": 5.0}
P99_SECONDS = 5.0
OVERHEAD_MS = 60.0
MIB = 1024 * 1024


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--row", type=int, default=100, help="12-megapixel photos one after the other (100)")
    parser.add_argument("--at-once", type=int, default=20, help="photos at the same time (20)")
    parser.add_argument(
        "--data", type=Path, default=SHARED, help="the shared data (MEDTIME_SHARED_DATA, ../shared/data)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    return parser.parse_args()


def edits(read: str, truth: str) -> int:
    """Characters to change, take out or put in to make one text of the other (Levenshtein)."""
    before = list(range(len(truth) + 1))
    for row, letter in enumerate(read, 1):
        after = [row]
        for column, meant in enumerate(truth, 1):
            after.append(min(before[column] + 1, after[-1] + 1, before[column - 1] + (letter != meant)))
        before = after
    return before[-1]


def photo(file: bytes) -> bytes:
    """A prescription on a table, photographed with 12 megapixels."""
    paper = Image.open(io.BytesIO(file)).convert("RGB")
    width = PHOTO[0] * 9 // 10
    table = Image.new("RGB", PHOTO, (120, 110, 100))
    table.paste(paper.resize((width, width * paper.height // paper.width)), (PHOTO[0] // 20, PHOTO[1] // 5))
    return encoded(table, "JPEG", quality=90)


async def read(account: Account, image: bytes, suite: SealSuite = SealSuite.MLKEM768_X25519) -> tuple[float, Any]:
    """Seconds of a request, from the sealed bytes at hand to the opened answer, and the answer or problem."""
    sealed = await seal_for(account.http, account.user_id, image, suite)
    begun = time.perf_counter()
    answer = await send(account.http, sealed.content)
    if answer.status_code != httpx.codes.OK:
        return time.perf_counter() - begun, answer.json()
    opened = sealed.opened(answer.content)
    return time.perf_counter() - begun, opened


async def accuracy(account: Account, folder: Path) -> dict[str, dict[str, float]]:
    """Wrong characters in per cent by kind of image: with blanks counted, and without."""
    truth = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
    sums: dict[str, list[int]] = {}
    for name, page in truth.items():
        _, answer = await read(account, (folder / name).read_bytes())
        texts = [line["text"] for line in answer["lines"]]
        meant = [line.strip() for line in page["text"].splitlines()]
        one = sums.setdefault(page["kind"], [0, 0, 0, 0])
        for place, joined in ((0, "\n".join), (2, lambda lines: "".join("".join(lines).split()))):
            one[place] += edits(joined(texts), joined(meant))
            one[place + 1] += len(joined(meant))
    return {
        kind: {"wrong": 100 * one[0] / one[1], "wrong_without_blanks": 100 * one[2] / one[3]}
        for kind, one in sums.items()
    }


def figures(times: Sequence[float]) -> dict[str, float]:
    """P50, P99 and the longest, in seconds."""
    ordered = sorted(times)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)], "longest": ordered[-1]}


def memory() -> dict[str, Any]:
    """Resident MiB of the service and its warmed parent, and how many zombies and workers there are."""
    found: dict[str, Any] = {"service": 0.0, "warmed parent": 0.0, "workers": 0, "zombies": 0}
    for pid in below(os.getpid()):
        command = told(pid, "cmdline")
        state = told(pid, "stat").rpartition(b")")[2].split()
        if state and state[0] == b"Z":
            found["zombies"] += 1
        elif b"warmed_parent" in command:
            is_worker = b"warmed_parent" in told(int(state[1]), "cmdline")
            found["workers"] += is_worker
            found["warmed parent"] += 0 if is_worker else _resident(pid)
        elif b"granian" in command and b"keeper" not in command:
            found["service"] += _resident(pid)
    return found


def _resident(pid: int) -> float:
    pages = told(pid, "statm").split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") / MIB if pages else 0.0


async def measure(stack: StackInfo, asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All figures."""
    admin = await asyncpg.connect(stack.admin_database_url)
    account = await new_account(stack, admin)
    small = encoded(Image.new("RGB", (8, 8)))
    image = photo((folder / "rx1_phone.jpg").read_bytes())
    try:
        wrong = await accuracy(account, folder)
        for _ in range(5):
            await read(account, small)
        before = memory()
        row = [(await read(account, image))[0] for _ in range(asked.row)]
        middle = memory()
        together = await asyncio.gather(*(read(account, image) for _ in range(asked.at_once)))
        refused = sum("lines" not in answer for _, answer in together)
        # Everything but the engine: the seal, the notes, the fork, a look at the image, which is too small.
        without = [(await read(account, small))[0] for _ in range(asked.row)]
        await asyncio.sleep(1)
        return {
            "wrong_characters_percent": wrong,
            "photo_bytes": len(image),
            "seconds of a core for a photo": await asyncio.to_thread(processor, image),
            "one after the other": figures(row),
            f"{asked.at_once} at once": {**figures([seconds for seconds, _ in together]), "refused": refused},
            "without the engine": figures(without),
            "memory": {"before": before, "after the row": middle, "at the end": memory()},
            "notes": await noted(admin, account.user_id),
        }
    finally:
        await account.http.aclose()
        await admin.close()


def processor(image: bytes, times: int = 10) -> dict[str, float]:
    """Seconds of a core that a worker takes for an image: what a machine that is busy with others does not change."""
    pairs = renewed((), datetime.now(UTC))
    ring = write_ring(pairs).encode()
    parent = ParentProcess.start(Preparation(ring=ring, engine="rapidocr", credentials=b"", url="", drugs=b"[]"))
    found = []
    for _ in range(times):
        with worker_of(parent) as worker:
            worker.ask(pairs[0], image)
            ticks = told(worker.pid, "stat").rpartition(b")")[2].split()[11:13]
            found.append(sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"))
    parent.end()
    return {"median": statistics.median(found), "longest": max(found)}


async def noted(admin: asyncpg.Connection, user_id: UUID) -> dict[str, int]:
    """How the requests ended."""
    rows = await admin.fetch(
        """
        select coalesce(error_code, status) as how, count(*) from public.srv_ocr_requests
        where user_id = $1 group by 1
        """,
        user_id,
    )
    return {row["how"]: row["count"] for row in rows}


def show(console: Console, found: dict[str, Any]) -> None:
    """Print the figures."""
    table = Table("images", "wrong %", "without blanks %", "wanted", title="Characters", title_justify="left")
    for kind, one in found["wrong_characters_percent"].items():
        wanted = f"≤ {TARGETS[kind]}" if kind in TARGETS else ""
        table.add_row(kind, f"{one['wrong']:.2f}", f"{one['wrong_without_blanks']:.2f}", wanted)
    console.print(table)
    table = Table("", "P50 s", "P99 s", "longest s", "wanted", title="Times", title_justify="left")
    for name, one in found.items():
        if isinstance(one, dict) and "p99" in one:
            wanted = {"one after the other": f"P99 < {P99_SECONDS}", "without the engine": f"< {OVERHEAD_MS / 1000}"}
            table.add_row(name, *(f"{one[part]:.3f}" for part in ("p50", "p99", "longest")), wanted.get(name, ""))
    console.print(table)
    table = Table("MiB", *found["memory"], title="Memory", title_justify="left")
    for part in found["memory"]["before"]:
        table.add_row(part, *(f"{moment[part]:.0f}" for moment in found["memory"].values()))
    console.print(table)
    console.print(found["notes"])
    console.print(f"seconds of a core for a photo: {found['seconds of a core for a photo']}")
    console.print(f"load of the machine at the end (1, 5, 15 minutes): {os.getloadavg()}")


def main() -> None:
    """Start a stack, measure, print, stop."""
    asked = arguments()
    images = asked.data / "prescriptions" / "images"
    if not images.is_dir():
        Console().print(f"There are no images of prescriptions in {images}: nothing was read.")
        return
    with tempfile.TemporaryDirectory(prefix="medtime-bench-") as folder:
        options = StackOptions(data_dir=Path(folder) / "stack", seed=False, service_environment=UNLIMITED)
        with Stack(options) as stack:
            found = uvloop.run(measure(stack, asked, images))
    show(Console(), found)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
