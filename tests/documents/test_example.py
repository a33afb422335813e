"""The README's example: run for real, twice on the same data, and shown as it is."""

import asyncio
import json
import re
import sys
from pathlib import Path

from medtime_backend.local.options import StackInfo
from tests.documents.markdown import ROOT, read

EXAMPLE = ROOT / "docs" / "two_phones.py"


async def run(*arguments: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        str(EXAMPLE),
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaints = await asyncio.wait_for(process.communicate(), timeout=60)
    return process.returncode, output.decode(), complaints.decode()


async def test_it_does_what_the_readme_shows(stack: StackInfo, tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(stack.as_json()), encoding="utf-8")
    shown = re.findall(r"^```\n(phone .*?)^```$", read("README.md"), re.MULTILINE | re.DOTALL)
    for _ in range(2):
        assert await run(str(file)) == (0, *shown, "")


async def test_without_a_stack_it_says_what_to_do(tmp_path: Path) -> None:
    missing = tmp_path / "stack.json"
    code, output, complaint = await run(str(missing))
    assert (code, output) == (1, "")
    assert complaint == f"{missing} is not there: start the stack first with `make dev`, in another terminal.\n"
    users = [
        {"email": f"{name}@demo.medtime.app", "password": "x", "user_id": "a0a0a0a0-0000-4000-8000-000000000001"}
        for name in ("ana", "luis")
    ]
    # Port 9, "discard": nobody listens there.
    gone = {"base_url": "http://127.0.0.1:9", "auth_url": "http://127.0.0.1:9/auth/v1", "users": users}
    missing.write_text(json.dumps(gone), encoding="utf-8")
    code, output, complaint = await run(str(missing))
    assert (code, output) == (1, "")
    assert "make dev" in complaint


def test_the_readme_shows_its_heart() -> None:
    code = EXAMPLE.read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```python\n(.*?)^```$", read("README.md"), re.MULTILINE | re.DOTALL)
    for function in shown.split("\n\n\n"):
        assert function.strip("\n") in code
