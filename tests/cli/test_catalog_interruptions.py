"""`medtime catalog seed` that is ended while it fetches: nothing of it stays on the disk."""

import signal
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.cli.command import Start, wait_for
from tests.http.threaded import serving

IGNORING_CTRL_C = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")


@pytest.mark.parametrize(
    ("number", "prefix"), [(signal.SIGINT, ()), (signal.SIGTERM, ()), (signal.SIGTERM, IGNORING_CTRL_C)]
)
def test_a_fetch_that_is_ended_leaves_no_file(
    medtime: Start, tmp_path: Path, number: signal.Signals, prefix: tuple[str, ...]
) -> None:
    over = threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "1000000")
            self.end_headers()
            self.wfile.write(bytes(100_000))
            over.wait(60)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    folder = tmp_path / "tmp"
    folder.mkdir()
    with serving(Slow) as address:
        running = medtime(
            *("catalog", "seed", "--source", "ema", "--from", f"{address}/report.xlsx"),
            *("--db-url", "postgresql://postgres:x@127.0.0.1:9/postgres"),
            prefix=prefix,
            environment={"TMPDIR": str(folder)},
        )
        try:
            assert wait_for(lambda: any(one.is_file() and one.stat().st_size for one in folder.rglob("*")))
            code, out, err = running.end(number)
        finally:
            over.set()
    assert (code, out, list(folder.iterdir())) == (130, "", [])
    assert "Traceback" not in err
