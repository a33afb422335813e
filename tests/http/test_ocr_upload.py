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
    strace = await asyncio.create_subprocess_exec(
        *(str(STRACE), "-f", "-qq", "-o", str(trace), "-e", "trace=openat,open,creat,memfd_create,connect", *attached),
        stderr=asyncio.subprocess.DEVNULL,
    )
    await asyncio.sleep(1.5)
    try:
        # Too much noise for any text: what counts is the way there.
        problem_of(await send(user.http, sealed.content), 422, "ocr-no-text")
    finally:
        strace.terminate()
        await strace.wait()
    writing = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE", "creat(", "memfd_create(")
    lines = trace.read_text(encoding="utf-8").splitlines()
    # A parent of workers that is renewed meanwhile has it for input and output. It keeps nothing.
    kept = [line for line in lines if '"/dev/null"' not in line]
    assert [line for line in kept if any(part in line for part in writing)] == []


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
