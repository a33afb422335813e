"""A worker: what it may do, what it leaves behind, and that its end is nobody else's."""

import os
import resource
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from medtime_backend.ocr.frames import Preparation
from medtime_backend.ocr.key_ring import KeyPair, new_pair
from medtime_backend.ocr.parent_process import ParentProcess
from medtime_backend.ocr.sealing_keys import SealSuite
from tests.ocr.one_worker import children_of, may_read_memory, places_of, spellings, worker_of
from tests.ocr.pictures import TEXT, encoded, page
from tests.ocr.processes import told
from tests.ocr.sealed import seal

pytestmark = pytest.mark.xdist_group("ocr")

ENDED = (EOFError, ConnectionError)
"""What the other end of a killed worker's connection meets."""
CANARY = "CANARYLINE 850 mg 1 c/8 h"
MEMORY = pytest.mark.skipif(not may_read_memory(), reason="only root may read the memory of other processes here")


def test_it_reads_and_ends(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    for pair in pairs:
        with worker_of(parent) as worker:
            outcome, answer = worker.ask(pair, encoded(page()))
            assert outcome.problem == ""
            assert [line["text"] for line in answer["lines"]] == list(TEXT)
    assert children_of(parent.pid) == set()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_it_reads_every_format_without_opening_a_file(
    parent: ParentProcess, pairs: tuple[KeyPair, ...], kind: str
) -> None:
    """Decoders that load something at their first use would fail in here."""
    with worker_of(parent) as worker:
        outcome, answer = worker.ask(pairs[0], encoded(page(), kind))
        assert outcome.problem == ""
        assert [line["text"] for line in answer["lines"]] == list(TEXT)


def test_its_limits_are_set_and_its_environment_is_bare(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    with worker_of(parent) as worker:
        worker.ask(pairs[0], encoded(page()))
        for limit, most in (
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, 30),
            (resource.RLIMIT_NOFILE, 3),
        ):
            assert resource.prlimit(worker.pid, limit) == (most, most)
        assert told(worker.pid, "oom_score_adj").strip() == b"1000"
        assert told(parent.pid, "oom_score_adj") == told(os.getpid(), "oom_score_adj")
        soft, _ = resource.prlimit(worker.pid, resource.RLIMIT_AS)
        assert 0 < soft < 4 * 1024**3
        environment = Path(f"/proc/{worker.pid}/environ").read_bytes()
        assert {line.split(b"=")[0] for line in environment.split(b"\0") if line} == {
            *(b"PYTHONMALLOC", b"GLIBC_TUNABLES", b"ORT_DISABLE_TELEMETRY", b"OMP_NUM_THREADS"),
            *(b"OPENBLAS_NUM_THREADS", b"HOME", b"LANG"),
        }
        assert len(list(Path(f"/proc/{worker.pid}/task").iterdir())) == 1
        opened = [str(one.readlink()) for one in Path(f"/proc/{worker.pid}/fd").iterdir()]
        assert sorted(name.split(":")[0] for name in opened) == ["/dev/null"] * 3 + ["socket"] * 2


def test_a_key_that_the_parent_was_not_told_is_unknown(parent: ParentProcess) -> None:
    """As after a ring was replaced under a service that has read the old one."""
    stranger = new_pair(SealSuite.X25519, datetime.now(UTC))
    with worker_of(parent) as worker:
        assert worker.ask(stranger, encoded(page()))[0].problem == "ocr-unknown-key"


@MEMORY
def test_a_finished_worker_holds_nothing_of_it(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    # A medication: so the parser has taken it apart too.
    image = page(CANARY, "Tomar 1 tableta")
    file = encoded(image, "JPEG", quality=95)
    pixels = np.asarray(image)[60:64].tobytes()
    row = pixels[3 * 100 : 3 * 400]
    with worker_of(parent) as worker:
        outcome, answer = worker.ask(pairs[1], file)
        assert outcome.problem == ""
        assert CANARY in [line["text"] for line in answer["lines"]]
        assert answer["prescription"]["medications"][0]["strength"]
        # It has answered, and waits for us to go: what it knew is overwritten by now.
        wanted = [
            *spellings(CANARY),
            *spellings(CANARY[:9]),
            *spellings(CANARY[:9].lower()),
            file[600:664],
            row,
            pairs[1].private_key,
        ]
        assert places_of(worker.pid, *wanted) == []
    # The scan finds what is there: this process has it all.
    assert places_of(os.getpid(), CANARY.encode())
    assert places_of(os.getpid(), row)
    assert places_of(os.getpid(), pairs[1].private_key)


@MEMORY
def test_a_refused_image_is_forgotten_too(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    broken = encoded(page(CANARY), "JPEG", quality=95)[:-2000]
    with worker_of(parent) as worker:
        outcome, _ = worker.ask(pairs[0], broken)
        assert outcome.problem == "ocr-broken-image"
        assert places_of(worker.pid, broken[600:664], pairs[0].private_key) == []


def test_a_killed_worker_is_gone_and_the_next_one_works(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    with worker_of(parent) as worker:
        sealed = seal(pairs[0].id, pairs[0].key, uuid4(), encoded(page()))
        worker.send(pairs[0], sealed)
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(ENDED):
            worker.outcome(sealed)
    with worker_of(parent) as worker:
        assert worker.ask(pairs[0], encoded(page()))[0].problem == ""
    assert children_of(parent.pid) == set()


def test_out_of_memory_is_a_failure_of_this_request_alone(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    with worker_of(parent) as worker:
        # As if the image needed more than it may have: what it has now is all it gets.
        sealed = seal(pairs[0].id, pairs[0].key, uuid4(), encoded(page(size=(6000, 5000))))
        time.sleep(0.2)
        pages = int(Path(f"/proc/{worker.pid}/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + 40 * 1024**2
        resource.prlimit(worker.pid, resource.RLIMIT_AS, (most, most))
        worker.send(pairs[0], sealed)
        assert worker.outcome(sealed)[0].problem == "ocr-failed"
    with worker_of(parent) as worker:
        assert worker.ask(pairs[0], encoded(page()))[0].problem == ""


def test_a_worker_that_takes_too_long_is_ended_by_the_kernel(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    with worker_of(parent) as worker:
        begun = time.monotonic()
        time.sleep(0.1)
        # The alarm is the kernel's; this one comes early instead of after 30 s.
        os.kill(worker.pid, signal.SIGALRM)
        with pytest.raises(ENDED):
            worker.ask(pairs[0], encoded(page()))
        assert time.monotonic() - begun < 5


def test_workers_end_with_the_parent_and_the_parent_with_the_service(preparation: Preparation) -> None:
    own = ParentProcess.start(preparation)
    with worker_of(own) as worker:
        own.end()
        assert not own.is_alive()
    assert not Path(f"/proc/{worker.pid}").exists()


def test_a_forty_megapixel_image_fits_its_memory(parent: ParentProcess, pairs: tuple[KeyPair, ...]) -> None:
    with worker_of(parent) as worker:
        image = page("Metformina 850 mg", size=(900, 300)).resize((8000, 5000))
        outcome, answer = worker.ask(pairs[0], encoded(image, "PNG", compress_level=1))
        assert outcome.problem == ""
        assert answer["lines"][0]["text"] == "Metformina 850 mg"


@pytest.mark.skipif(not Path("/usr/bin/strace").exists(), reason="strace is not installed")
def test_o1_o2_no_file_is_written_and_no_connection_made(tmp_path: Path) -> None:
    """O1, O2: from the start of the warmed parent to the end of its worker, under strace."""
    trace = tmp_path / "trace"
    script = Path(__file__).with_name("traced.py")
    done = subprocess.run(  # noqa: S603 - our own script
        [
            *("/usr/bin/strace", "-f", "-qq", "-o", str(trace)),
            *("-e", "trace=openat,open,creat,connect,bind,rename,unlink,mkdir"),
            *(sys.executable, str(script)),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = trace.read_text(encoding="utf-8").splitlines()
    marker = next(n for n, line in enumerate(lines) if "begins-here" in line)
    after = lines[marker:]
    assert any("PP-OCRv6_rec_small.onnx" in line for line in after), "the models are read in here"
    written = [
        line for line in after if "O_WRONLY" in line or "O_RDWR" in line or "O_CREAT" in line or "creat(" in line
    ]
    allowed = ("/dev/null", "/proc/self")
    assert [line for line in written if not any(name in line for name in allowed)] == []
    assert [line for line in after if " connect(" in line] == []
    # urllib3, which RapidOCR's package imports, tries once whether there is IPv6: a port of its own, never used.
    assert [line for line in after if " bind(" in line and '"::1"' not in line] == []
    changed = [line for line in after if any(f" {call}(" in line for call in ("rename", "unlink", "mkdir"))]
    assert changed == []
