"""Runs `medtime doctor` and reads its lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from medtime_backend.local.options import DemoUser, StackInfo
from tests.cli.in_process import run


@dataclass
class Report:
    """Findings by the name of the check, the exit code, and all that was printed."""

    code: int
    findings: dict[str, dict[str, Any]]
    printed: str
    seconds: float

    def result(self, check: str) -> str:
        return str(self.findings[check]["result"])

    def failures(self) -> set[str]:
        return {name for name, one in self.findings.items() if one["result"] == "failure"}


async def examined(*arguments: str) -> Report:
    answer = await run("doctor", "--json", *arguments)
    assert answer.out, answer.err
    told = answer.json
    by_name = {one["check"]: one for one in told["findings"]}
    assert len(by_name) == len(told["findings"])
    assert all(one["mend"] for one in told["findings"] if one["result"] in {"warning", "failure"})
    return Report(answer.code, by_name, answer.out + answer.err, told["seconds"])


def environment_of(stack: StackInfo) -> dict[str, str]:
    """What the stack's service is started with, and the operator's address."""
    return {
        "MEDTIME_DATABASE_URL": stack.service_database_url,
        "MEDTIME_REDIS_URL": stack.redis_url,
        "MEDTIME_AUTH_URL": stack.auth_url,
        "MEDTIME_AUTH_API_KEY": stack.publishable_key,
        "MEDTIME_JWKS_URL": f"{stack.auth_url}/.well-known/jwks.json",
        "MEDTIME_ADMIN_DATABASE_URL": stack.database_url,
    }


def secrets_of(stack: StackInfo) -> list[str]:
    """What must never be printed."""
    urls = (stack.database_url, stack.service_database_url, stack.redis_url)
    return [url.split("@")[0].rsplit(":", 1)[1] for url in urls] + [stack.users[0].password, stack.publishable_key]


def begin_elsewhere(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Work in this folder, with nothing of a deployment in the environment."""
    for name in (
        *("MEDTIME_DATABASE_URL", "MEDTIME_ADMIN_DATABASE_URL"),
        *("SUPABASE_URL", "SUPABASE_ANON_KEY", "SUPABASE_PUBLISHABLE_KEY"),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)


def set_environment(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def options_of(user: DemoUser, folder: Path) -> tuple[str, ...]:
    """The options that sign in as the user."""
    password = folder / "password"
    password.write_text(f"{user.password}\n", encoding="utf-8")
    return ("--user", user.email, "--password-from", str(password))
