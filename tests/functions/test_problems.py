"""The problems of edge functions are the service's, word for word; what functions import is pinned alike."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from medtime_backend.errors import PROBLEMS, AccessRefused

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "supabase" / "functions"
DENO = str(Path(sys.executable).with_name("deno"))


def declared() -> dict[str, dict[str, Any]]:
    address = (FUNCTIONS / "_shared" / "problems.ts").as_uri()
    script = f"import {{ PROBLEMS }} from {json.dumps(address)}; console.log(JSON.stringify(PROBLEMS));"
    done = subprocess.run(  # noqa: S603 - a script of ours
        [DENO, "eval", "--no-config", script], capture_output=True, text=True, check=True, timeout=60
    )
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_problem_is_the_services() -> None:
    for slug, told in declared().items():
        problem = PROBLEMS[slug]
        assert (told["status"], told["title"], told["advice"]) == (problem.status, problem.title, problem.advice)
        assert told.get("retryable", False) is problem.retryable
        if issubclass(problem, AccessRefused):
            assert told["challenge"] == problem.challenge


def test_imports_are_pinned_and_alike() -> None:
    found: dict[str, set[str]] = {}
    for file in FUNCTIONS.glob("*/deno.json"):
        for name, address in json.loads(file.read_text(encoding="utf-8"))["imports"].items():
            assert re.fullmatch(r"npm:(@[a-z-]+/)?[a-z-]+@\d+\.\d+\.\d+", address), f"{file}: {address}"
            found.setdefault(name, set()).add(address)
    assert all(len(addresses) == 1 for addresses in found.values()), found


def test_there_is_no_lock_file_and_every_function_is_of_the_workspace() -> None:
    assert not [*ROOT.glob("deno.lock"), *FUNCTIONS.rglob("deno.lock")]
    members = json.loads((ROOT / "deno.json").read_text(encoding="utf-8"))["workspace"]
    assert set(members) == {f"./{file.parent.relative_to(ROOT)}" for file in FUNCTIONS.glob("*/deno.json")}
