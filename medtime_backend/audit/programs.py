"""Other programs that look at policies: pgrls, and the advisors of the official Supabase CLI."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import msgspec

from medtime_backend.audit.findings import Finding, Severity
from medtime_backend.operator_error import OperatorError

SUPABASE_CLI: Final = "npm:supabase@2.117.0"
SECONDS: Final = 120.0
SEVERITIES: Final[Mapping[str, Severity]] = {"error": "error", "ERROR": "error"}


class ProgramError(OperatorError):
    """A program that should look at the database is not there, or failed."""


async def pgrls(url: str, schemas: Sequence[str]) -> list[Finding]:
    """All findings of `pgrls lint`. Raises ProgramError."""
    if find_spec("pgrls") is None:
        raise ProgramError("pgrls is not installed: pip install 'medtime-backend[audit]', or say --no-pgrls.")
    command = [sys.executable, "-m", "pgrls", "lint", "--format", "json", "--schemas", ",".join(schemas)]
    answer = await _run("pgrls", command, {"DATABASE_URL": url})
    return [
        Finding(
            rule=f"pgrls-{one['rule_id']}",
            object=one["location"],
            severity=SEVERITIES.get(one["severity"], "warning"),
            title=one["title"],
            detail=one["message"],
            reproduction=f"-- {one['rule_id']} reads the catalog: pgrls lint --rule {one['rule_id']}",
            fix=f"pgrls explain {one['rule_id']}",
            source="pgrls",
        )
        for one in answer["violations"]
    ]


async def advisors(url: str, api_schemas: Sequence[str]) -> list[Finding]:
    """All findings of `supabase db advisors` from level warn on. Raises ProgramError."""
    command = [_deno(), "run", "-A", SUPABASE_CLI, "db", "advisors", "--type", "all", "--level", "warn"]
    # Without the setting the advisors take no schema for exposed, and are silent about tables without RLS.
    settings = quote(f"-c pgrst.db_schemas={','.join(api_schemas)}")
    address, password = _without_password(url)
    separator = "&" if "?" in address else "?"
    answer = await _run(
        "supabase db advisors",
        [*command, "--output-format", "json", "--db-url", f"{address}{separator}options={settings}"],
        {"PGPASSWORD": password},
    )
    return [
        Finding(
            rule=f"advisors-{one['name']}",
            object=_object_of(one),
            severity=SEVERITIES.get(one["level"], "warning"),
            title=one["title"],
            detail=one["detail"],
            reproduction="-- the advisors read the catalog: supabase db advisors",
            fix=one["remediation"],
            source="advisors",
        )
        for one in answer["results"]
    ]


def _object_of(advice: Mapping[str, Any]) -> str:
    facts = advice.get("metadata") or {}
    return ".".join(str(facts[key]) for key in ("schema", "name") if facts.get(key)) or str(advice["cacheKey"])


def _deno() -> str:
    try:
        from deno import find_deno_bin  # noqa: PLC0415 - it is there in the embedded stack only
    except ImportError:
        raise ProgramError(
            "The advisors need Deno: pip install 'medtime-backend[local]', or leave out --advisors."
        ) from None
    return str(find_deno_bin())


def _without_password(url: str) -> tuple[str, str]:
    """The address without the password, which all users of a machine could read in the list of processes."""
    parts = urlsplit(url)
    login, _, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{login.partition(':')[0]}@{place}")), unquote(parts.password or "")


async def _run(name: str, command: Sequence[str], environment: Mapping[str, str]) -> Any:
    """The JSON a program prints, run away from the files of the directory we are in."""
    with tempfile.TemporaryDirectory(prefix="medtime-audit-") as folder:
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, **environment},
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SECONDS):
                output, errors = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise ProgramError(f"{name} did not end within {SECONDS:.0f} s.") from None
    try:
        return msgspec.json.decode(output)
    except msgspec.DecodeError:
        last = errors.decode(errors="replace").strip().splitlines()[-3:]
        raise ProgramError(f"{name} failed (exit code {process.returncode}).", details=tuple(last)) from None
