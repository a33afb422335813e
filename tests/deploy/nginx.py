"""The real nginx with the shipped configuration; only ports, certificate and instances are the test's."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.cli.command import ROOT
from tests.http.own_service import LOOPBACK, free_port
from tests.serve.certificates import certificate

SHIPPED = ROOT / "deploy/nginx"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
MISSING = "nginx is not installed (Debian: nginx-light)"

UPSTREAMS = """
upstream medtime {{
    least_conn;
    zone medtime 64k;
    {servers}
    keepalive 64;
    keepalive_timeout 1s;
}}
upstream supabase {{
    zone supabase 64k;
    server {supabase};
}}
"""


def configured(
    folder: Path, port: int, ports: Sequence[int], supabase: str = "127.0.0.1:1", authority: Path | None = None
) -> Path:
    """The folder as an operator would have completed it; `authority` signed the certificates of instances with TLS."""
    there = folder / "nginx"
    shutil.copytree(SHIPPED, there)
    (there / "logs").mkdir()
    chain, key = certificate(folder)
    (there / "listen.conf").write_text(
        f"listen {LOOPBACK}:{port} ssl http2;\nserver_name localhost;\n"
        f'ssl_certificate "{chain}";\nssl_certificate_key "{key}";\n'
    )
    servers = "\n    ".join(f"server {LOOPBACK}:{one} max_fails=1 fail_timeout=2s;" for one in ports)
    tls = "" if authority is None else _with_tls(there, authority)
    (there / "upstreams.conf").write_text(UPSTREAMS.format(servers=servers, supabase=supabase) + tls)
    return there


def _with_tls(there: Path, authority: Path) -> str:
    """What upstreams.conf says to add for instances that speak TLS, once nginx.conf goes to them by https."""
    main = there / "nginx.conf"
    main.write_text(main.read_text(encoding="utf-8").replace("http://medtime", "https://medtime"), encoding="utf-8")
    lines = re.findall(r"^# {3}(proxy_ssl_.+)$", (there / "upstreams.conf").read_text(encoding="utf-8"), re.MULTILINE)
    said = "\n".join(lines).replace("/etc/medtime/tls/ca.crt", str(authority))
    return said.replace("api.medtime.app", "localhost") + "\n"


def command(there: Path, *arguments: str) -> list[str]:
    """Run nginx on that folder, as an ordinary process in the foreground."""
    own = f"daemon off; pid {there / 'nginx.pid'};"
    return [str(NGINX), "-p", str(there), "-c", str(there / "nginx.conf"), "-g", own, *arguments]


@asynccontextmanager
async def gateway(
    folder: Path, ports: Sequence[int], supabase: str = "127.0.0.1:1", authority: Path | None = None
) -> AsyncIterator[str]:
    """Its address, in front of instances on these ports."""
    port = free_port()
    there = configured(folder, port, ports, supabase, authority)
    with (there / "access.log").open("wb") as log:
        process = subprocess.Popen(command(there), stdout=log, stderr=log)  # noqa: ASYNC220, S603 - it starts at once
        try:
            async with httpx.AsyncClient(base_url=f"https://{LOOPBACK}:{port}", verify=False) as http:  # noqa: S501 - the test's own
                await _answering(http)
            yield f"https://{LOOPBACK}:{port}"
        finally:
            process.terminate()
            process.wait(timeout=60)


async def _answering(http: httpx.AsyncClient) -> None:
    for _ in range(1200):
        try:
            await http.get("/nowhere")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("nginx does not come up")
