"""docs/supabase.md: its examples are one program, run with the real supabase-js, and print what the page says."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from medtime_backend.local.options import StackInfo
from tests.documents.markdown import read

DENO = str(Path(sys.executable).with_name("deno"))
EXAMPLE = re.compile(r"^```ts\n(?P<code>.*?)^```\n\nprints\n\n```\n(?P<output>.*?)^```$", re.MULTILINE | re.DOTALL)
PASSWORD = "correct horse battery"
MARK = "=== example"


async def sign_up(stack: StackInfo) -> str:
    """A new user whom nobody else's test knows."""
    email = f"{uuid4()}@test.medtime.app"
    async with httpx.AsyncClient(base_url=stack.auth_url, timeout=30) as auth:
        answer = await auth.post("/signup", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return email


def deno(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the page's own program
        [DENO, *arguments],
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


async def test_the_examples_print_what_the_page_says(stack: StackInfo, tmp_path: Path) -> None:
    page = read("docs/supabase.md")
    examples = EXAMPLE.findall(page)
    assert len(examples) == page.count("```ts\n") > 0
    given = {
        "SUPABASE_URL": stack.supabase_url,
        "PUBLISHABLE_KEY": stack.publishable_key,
        "ANA": await sign_up(stack),
        "LUIS": await sign_up(stack),
        "PASSWORD": PASSWORD,
    }
    (first, _), *others = examples
    # An import stands before everything else.
    parts = [*(f'const {name} = "{value}";' for name, value in given.items()), first]
    parts += [f'console.log("{MARK}");\n{code}' for code, _ in others]
    program = tmp_path / "page.ts"
    program.write_text("\n".join(parts), encoding="utf-8")
    fetched = await asyncio.to_thread(deno, "cache", "--no-config", str(program))
    if fetched.returncode != 0 and "npm" in fetched.stderr and "error sending request" in fetched.stderr:
        pytest.skip(f"supabase-js cannot be fetched from npm: {fetched.stderr.strip()[-200:]}")
    done = await asyncio.to_thread(deno, "run", "--check", "--no-config", "--allow-net", "--allow-env", str(program))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split(f"{MARK}\n") == [output for _, output in examples]
