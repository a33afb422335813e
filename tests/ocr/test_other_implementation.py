"""The published vectors with an HPKE that is not ours (hpke-js): it opens what we sealed, and we what it sealed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from medtime_backend.ocr import sealing
from medtime_backend.ocr.sealing_keys import SealSuite, SecretKey

DENO = str(Path(sys.executable).with_name("deno"))
SCRIPT = Path(__file__).with_name("seal_vectors.ts")
VECTORS = Path(__file__).parents[2] / "docs" / "ocr_vectors.json"


def test_hpke_js_agrees() -> None:
    def deno(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - a script of ours
            [DENO, *arguments],
            env=os.environ | {"NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    fetched = deno("cache", str(SCRIPT))
    if fetched.returncode != 0:
        pytest.skip(f"hpke-js cannot be fetched from npm: {fetched.stderr.strip()[-200:]}")
    answer = deno("run", f"--allow-read={VECTORS}", str(SCRIPT), str(VECTORS))
    assert answer.returncode == 0, answer.stderr
    vectors = json.loads(VECTORS.read_bytes())["vectors"]
    for vector, line in zip(vectors, answer.stdout.split(), strict=True):
        key = SecretKey(SealSuite(vector["suite"]), bytes.fromhex(vector["server_private"]))
        inside = sealing.open_request(key, UUID(vector["user_id"]), bytes.fromhex(line))
        reply, image = sealing.split_request(inside)
        assert (reply.raw.hex(), bytes(image).hex()) == (vector["reply_public"], vector["image"])
