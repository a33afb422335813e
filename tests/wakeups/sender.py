"""Instances of push-notify, each a Deno process of its own, as Supabase runs them."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from deno import find_deno_bin

from medtime_backend.local.options import StackInfo
from tests.http.own_service import free_port

FUNCTION = Path(__file__).parents[2] / "supabase/functions/push-notify"
KEY = "the-trigger-and-nothing-else"
MACHINE = ("PATH", "HOME", "LANG", "DENO_DIR", "NPM_CONFIG_REGISTRY")


@dataclass
class Sender:
    """A running instance."""

    process: subprocess.Popen[bytes]
    http: httpx.AsyncClient

    async def call(self, key: str = KEY) -> dict[str, Any]:
        """One run; what it tells."""
        answer = await self.http.post("/push-notify", headers={"apikey": key})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def kill(self) -> None:
        """As the machine does that has no memory left."""
        self.process.kill()
        self.process.wait()


@asynccontextmanager
async def sender(
    stack: StackInfo, environment: Mapping[str, str], certificate: Path, log: Path
) -> AsyncIterator[Sender]:
    """Start an instance that trusts the certificate."""
    port = free_port()
    given = {name: os.environ[name] for name in MACHINE if name in os.environ} | {
        "SUPABASE_URL": stack.supabase_url,
        "SUPABASE_SECRET_KEYS": json.dumps({"default": stack.secret_key}),
        "SUPABASE_PUBLISHABLE_KEYS": json.dumps({"default": stack.publishable_key}),
        "DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{port}",
        "DENO_CERT": str(certificate),
        **environment,
    }
    command = [find_deno_bin(), "run", "--no-prompt", "--allow-net", "--allow-env"]
    process = _start([*command, "--config", str(FUNCTION / "deno.json"), str(FUNCTION / "index.ts")], given, log)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=90) as http:
            await _answers(process, http, log)
            yield Sender(process, http)
    finally:
        process.kill()
        process.wait()


def _start(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, env=environment)  # noqa: S603 - our own Deno


async def _answers(process: subprocess.Popen[bytes], http: httpx.AsyncClient, log: Path) -> None:
    async with asyncio.timeout(60):
        while True:
            assert process.poll() is None, log
            try:
                assert (await http.post("/push-notify")).status_code == 401
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
