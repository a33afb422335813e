"""O1, O4: an upload stays in memory, and nothing that is sent is fetched."""

import asyncio
import socket
from pathlib import Path

import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account
from tests.http.problems import problem_of
from tests.ocr.one_worker import may_read_memory
from tests.ocr.pictures import noise
from tests.ocr.processes import named, told
from tests.ocr.sealed import seal_for, send

pytestmark = pytest.mark.xdist_group("ocr")

STRACE = Path("/usr/bin/strace")


@pytest.mark.skipif(not STRACE.exists() or not may_read_memory(), reason="strace is not installed, or may not attach")
async def test_o1_no_file_is_opened_for_an_upload(stack: StackInfo, user: Account, tmp_path: Path) -> None:
    sealed = await seal_for(user.http, user.user_id, noise(1500))
    assert len(sealed.content) > 6 * 1024 * 1024
    port = stack.base_url.rpartition(":")[2].encode()
    services = [pid for pid in named(b"granian") if port in told(pid, "cmdline")]
    trace = tmp_path / "trace"
    attached = [argument for pid in services for argument in ("-p", str(pid))]
    calls = "trace=execve,openat,open,creat,memfd_create,connect"
    strace = await asyncio.create_subprocess_exec(
        *(str(STRACE), "-f", "-qq", "-o", str(trace), "-e", calls, *attached),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await traced(services)
        # Too much noise for any text: what counts is the way there.
        problem_of(await send(user.http, sealed.content), 422, "ocr-no-text")
    finally:
        strace.terminate()
        await strace.wait()
    writing = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE", "creat(", "memfd_create(")
    lines = trace.read_text(encoding="utf-8").splitlines()
    # A parent of workers that is renewed meanwhile has it for input and output. It keeps nothing.
    kept = [line for line in own_lines(lines) if '"/dev/null"' not in line]
    assert [line for line in kept if any(part in line for part in writing)] == []


async def traced(pids: list[int]) -> None:
    """Wait until every thread of these processes is traced; at most 20 s."""
    async with asyncio.timeout(20):
        while not all(map(_traced, pids)):  # noqa: ASYNC110 - strace tells nobody
            await asyncio.sleep(0.02)


def _traced(pid: int) -> bool:
    tasks = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    return all(
        b"TracerPid:\t" in (status := told(task, "status")) and b"TracerPid:\t0\n" not in status for task in tasks
    )


def own_lines(lines: list[str]) -> list[str]:
    """Those of the processes themselves: not of programs that they have started meanwhile."""
    own, others = [], set()
    for line in lines:
        pid, _, call = line.partition(" ")
        if call.lstrip().startswith("execve("):
            others.add(pid)
        if pid not in others:
            own.append(line)
    return own


async def test_o4_an_address_instead_of_an_image_is_not_fetched(user: Account) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.5)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/canary.png"
        sealed = await seal_for(user.http, user.user_id, address.encode())
        problem_of(await send(user.http, sealed.content), 415, "ocr-unsupported-image")
        with pytest.raises(TimeoutError):
            listening.accept()
